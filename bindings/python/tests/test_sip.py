"""SIP: the torture suites of RFC 4475 and RFC 5118, the framer, writing and URIs."""
from __future__ import annotations

import unittest

import voxlock
from voxlock import sip
from voxlock._abi_constants import Status

from support import tsv, vectors

# What this library makes of each message, as in the C tests; what is not here is accepted.
REFUSED = {
    "clerr": Status.ERR_SIP_BODY_SHORT, "scalar02": Status.ERR_SIP_CSEQ, "quotbal": Status.ERR_SIP_ADDRESS,
    "lwsruri": Status.ERR_SIP_URI, "trws": Status.ERR_SIP_START_LINE, "badaspec": Status.ERR_SIP_URI,
    "badvers": Status.ERR_SIP_VERSION, "mismatch02": Status.ERR_SIP_CSEQ_METHOD, "unkscm": Status.ERR_SIP_SCHEME,
    "multi01": Status.ERR_SIP_DUPLICATE,
}
CODES = {Status.ERR_SIP_VERSION: 505, Status.ERR_SIP_SCHEME: 416}


class Torture(unittest.TestCase):
    def setUp(self) -> None:
        self.context = voxlock.Context()
        self.message = sip.SipMessage(self.context)

    def parse(self, data: bytes) -> int:
        try:
            self.message.parse(data)
        except voxlock.SipError as error:
            return error.status
        return Status.OK

    def test_rfc4475_every_message_behaves_as_its_section_says(self) -> None:
        rows = tsv("sip/rfc4475/expected.tsv")
        for name, _, kind, expected, *_ in rows:
            with self.subTest(name):
                data = vectors(f"sip/rfc4475/{name}.dat").read_bytes()
                status = self.parse(data)
                self.assertEqual(status, REFUSED.get(name, Status.OK))
                code = CODES.get(Status(status), 400) if status else 0
                self.assertEqual(sip.response_code(status), code)
                if expected == "accept":
                    self.assertEqual(status, Status.OK)
                if kind == "request" and status:
                    self.assertTrue(self.message.summary().is_answerable)
        self.assertEqual(len(rows), 25)

    def test_rfc4475_what_wsinv_means(self) -> None:
        self.assertEqual(self.parse(vectors("sip/rfc4475/wsinv.dat").read_bytes()), Status.OK)
        summary = self.message.summary()
        self.assertEqual((summary.method, summary.to_tag, summary.from_tag), ("INVITE", "1918181833n", "98asjd8"))
        self.assertEqual((summary.max_forwards, summary.cseq), (68, 9))
        self.assertEqual(summary.from_name, r"J Rosenberg \\\"")
        self.assertEqual(len(list(self.message.values("v"))), 3)
        self.assertEqual(dict(self.message.headers())["UnknownHeaderWithUnusualValue"], ";;,,;;,;")
        self.assertEqual(len(list(self.message.headers())), summary.header_count)

    def test_rfc5118_ipv6(self) -> None:
        for name, _, expected, *_ in tsv("sip/rfc5118/expected.tsv"):
            with self.subTest(name):
                files = sorted(vectors("sip/rfc5118/crlf").glob(name + "*"))
                path = next(file for file in files if file.stem == name or file.name == name)
                status = self.parse(path.read_bytes())
                # Three colons are no IPv6 address: the strict choice of the two that section 4.10 leaves.
                refused = expected == "reject-400" or name == "ipv6-bug-abnf-3-colons"
                self.assertEqual(sip.response_code(status), 400 if refused else 0)

    def test_multipart_body(self) -> None:
        self.assertEqual(self.parse(vectors("sip/rfc4475/mpart01.dat").read_bytes()), Status.OK)
        self.assertEqual(self.message.body("text/plain"), b"Hello")
        self.assertIsNone(self.message.body("application/sdp"))


class Stream(unittest.TestCase):
    MESSAGE = sip.write_request("OPTIONS", "sip:a@example.net", [
        ("Via", "SIP/2.0/TLS 192.0.2.1;branch=z9hG4bK1"), ("From", "<sip:b@example.net>;tag=1"),
        ("To", "<sip:a@example.net>"), ("Call-ID", "x"), ("CSeq", "1 OPTIONS"), ("Max-Forwards", "70"),
        ("Content-Type", "text/plain")], b"hello")

    def test_a_framer_gives_whole_messages_from_any_pieces(self) -> None:
        stream = self.MESSAGE * 3 + b"\r\n\r\n"
        for size in (1, 7, 100, len(stream)):
            framer = sip.SipFramer(voxlock.Context(), max_message=2048)
            frames = [frame for i in range(0, len(stream), size) for frame in framer.frames(stream[i:i + size])]
            self.assertEqual([kind for kind, _ in frames], [sip.FrameKind.MESSAGE] * 3 + [sip.FrameKind.PING])
            self.assertEqual({message for kind, message in frames if kind is sip.FrameKind.MESSAGE}, {self.MESSAGE})

    def test_what_was_written_reads_back(self) -> None:
        message = sip.SipMessage(voxlock.Context())
        self.assertEqual(message.parse(memoryview(bytearray(self.MESSAGE)), sip.Transport.STREAM), len(self.MESSAGE))
        summary = message.summary()
        self.assertEqual((summary.method, summary.uri, summary.body), ("OPTIONS", "sip:a@example.net", b"hello"))
        with self.assertRaises(voxlock.Error) as caught:
            message.parse(self.MESSAGE[:-1], sip.Transport.STREAM)
        self.assertEqual(caught.exception.status, Status.ERR_TRUNCATED)

    def test_a_value_that_would_break_the_message_is_refused(self) -> None:
        with self.assertRaises(voxlock.SipError) as caught:
            sip.write_response(200, [("Subject", "a\r\nEvil: b")])
        self.assertEqual(caught.exception.name, "VOXLOCK_ERR_SIP_UNSAFE_VALUE")

    def test_uris(self) -> None:
        uri = sip.parse_uri('"A. B." <sips:alice:pw@[2001:db8::1]:5070;transport=tls?subject=x>;tag=9')
        self.assertEqual((uri.scheme, uri.user, uri.password, uri.host, uri.port),
                         ("sips", "alice", "pw", "[2001:db8::1]", 5070))
        self.assertEqual((uri.display_name, uri.field_params), ("A. B.", ";tag=9"))
        self.assertIsNone(sip.parse_uri("sip:example.net").port)
        self.assertTrue(sip.uris_equal("sip:a@EXAMPLE.net", "sip:a@example.net"))
        self.assertFalse(sip.uris_equal("sip:A@example.net", "sip:a@example.net"))


if __name__ == "__main__":
    unittest.main()
