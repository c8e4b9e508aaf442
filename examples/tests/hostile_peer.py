"""What a peer may send to a program that answers calls over TCP, and what it must answer.

Usage: hostile_peer.py PORT: each case is a connection of its own; the program lives on after all of them.
hostile_peer.py PORT mute: a caller that never sends a packet of audio is hung up on."""

import socket
import sys
import time

PORT = int(sys.argv[1])
SDP = "v=0\r\no=a 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
KEY = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + "A" * 40 + "\r\n"
AUDIO = "m=audio 9 RTP/SAVP 0\r\n" + KEY


class Peer:
    def __init__(self, name: str) -> None:
        self.name = name
        self.socket = socket.create_connection(("127.0.0.1", PORT), timeout=5)
        self.tag = ""

    def send(self, method: str, cseq: int, body: str = "", kind: str = "application/sdp") -> None:
        head = [f"{method} sip:x@127.0.0.1:{PORT} SIP/2.0",
                f"Via: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK{self.name}{method}{cseq}",
                "Max-Forwards: 70", f"From: <sip:h@127.0.0.1>;tag={self.name}",
                f"To: <sip:x@127.0.0.1>{self.tag}", f"Call-ID: {self.name}", f"CSeq: {cseq} {method}",
                "Contact: <sip:h@127.0.0.1;transport=tcp>", f"Content-Length: {len(body.encode())}"]
        if body:
            head.append(f"Content-Type: {kind}")
        self.socket.sendall(("\r\n".join(head) + "\r\n\r\n" + body).encode())

    def final(self) -> tuple[int, str]:
        """The first final response, and all of it."""
        data = b""
        while True:
            while b"\r\n\r\n" not in data:
                chunk = self.socket.recv(65536)
                if not chunk:
                    sys.exit(f"{self.name}: the connection was closed")
                data += chunk
            head, data = data.split(b"\r\n\r\n", 1)
            lines = head.decode().split("\r\n")
            fields = dict(line.split(": ", 1) for line in lines[1:])
            length = int(fields["Content-Length"])
            while len(data) < length:
                data += self.socket.recv(65536)
            code = int(lines[0].split()[1]) if lines[0].startswith("SIP/2.0") else 0
            if code >= 200:
                self.tag = ";" + fields["To"].split(";", 1)[1]
                return code, head.decode() + "\r\n\r\n" + data[:length].decode()
            data = data[length:]

    def expect(self, *codes: int) -> str:
        code, text = self.final()
        if code not in codes:
            sys.exit(f"{self.name}: {code}, not {codes}")
        return text


def invite(name: str, body: str, *codes: int, kind: str = "application/sdp") -> Peer:
    peer = Peer(name)
    peer.send("INVITE", 1, body, kind)
    peer.text = peer.expect(*codes)
    peer.send("ACK", 1)
    return peer


def hang_up(peer: Peer) -> None:
    peer.send("BYE", 9)
    peer.expect(200)


def mute() -> None:
    peer = invite("mute", SDP + AUDIO, 200)
    assert peer.socket.recv(65536).startswith(b"BYE "), "no BYE for a caller without audio"


def break_rules() -> None:
    # Sections without end: all but one are refused in their places, and the answer has as many (RFC 3264, section 6).
    formats = " ".join(str(n) for n in range(0, 60))
    many = invite("sections", SDP + AUDIO + f"m=video 9 RTP/AVP {formats}\r\n" * 30, 200)
    assert many.text.count("\r\nm=video 0 ") == 30, many.text
    hang_up(many)
    invite("too-many-sections", SDP + AUDIO * 60, 488, 400, 413)
    invite("plain", SDP + "m=audio 9 RTP/AVP 0\r\n", 488)
    invite("no-audio", SDP + "m=video 9 RTP/SAVP 96\r\n" + KEY, 488)
    invite("garbage", "\x00\xff" * 500, 488, 400)
    invite("no-sdp", "hello", 415, 488, kind="text/plain")
    invite("cut", (SDP + AUDIO)[:60], 488, 400)

    # An answer that nobody asked for, in an ACK: the call goes on (RFC 3261, section 13.2.1).
    odd = Peer("odd-ack")
    odd.send("INVITE", 1, SDP + AUDIO)
    odd.expect(200)
    odd.send("ACK", 1, SDP + "m=audio 9 RTP/AVP 0\r\n")
    hang_up(odd)

    # A late offer: an answer that is none ends the call, one that never comes as well.
    for name, body in (("late-garbage", "v=9\r\n"), ("late-plain", SDP + "m=audio 9 RTP/AVP 0\r\n"), ("late-none", "")):
        late = Peer(name)
        late.send("INVITE", 1)
        assert "a=crypto" in late.expect(200)
        late.send("ACK", 1, body)
        assert late.socket.recv(65536).startswith(b"BYE ")

    # Gone at each stage of the set-up.
    Peer("gone-at-once").socket.close()
    half = Peer("gone-in-invite")
    half.socket.sendall(b"INVITE sip:x@127.0.0.1 SIP/2.0\r\nContent-Length: 500\r\n\r\nv=0\r\n")
    half.socket.close()
    unheard = Peer("gone-before-answer")
    unheard.send("INVITE", 1, SDP + AUDIO)
    unheard.socket.close()
    gone = Peer("gone-before-ack")
    gone.send("INVITE", 1, SDP + AUDIO)
    gone.expect(200)
    gone.socket.close()

    # No SIP at all, and more of it than a message may have.
    junk = Peer("junk")
    junk.socket.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + bytes(200_000))
    begin = time.monotonic()
    try:
        while junk.socket.recv(65536):
            pass
    except ConnectionError:
        pass
    assert time.monotonic() - begin < 5, "the connection with junk stays open"
    print("survived")


if len(sys.argv) > 2:
    mute()
else:
    break_rules()
