"""Own addresses and ports."""
from __future__ import annotations

import ipaddress
import random
import socket

_TRIES = 100


def bind_pair(ip: str, ports: range | None) -> tuple[socket.socket, socket.socket]:
    """An even UDP port for RTP and the one above it for RTCP (RFC 3550, section 11).

    ports: to choose from; None: the system's free ones. OSError where there are none."""
    candidates = [port for port in ports if port % 2 == 0] if ports is not None else [0] * _TRIES
    random.shuffle(candidates)
    for wanted in candidates:
        pair: list[socket.socket] = []
        try:
            pair.append(_bind(ip, wanted))
            port = pair[0].getsockname()[1]
            if port % 2 == 0:
                pair.append(_bind(ip, port + 1))
                return pair[0], pair[1]
        except (OSError, OverflowError):
            pass
        for one in pair:
            one.close()
    raise OSError(f"no pair of free UDP ports at {ip}")


def _bind(ip: str, port: int) -> socket.socket:
    out = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        out.setblocking(False)
        out.bind((ip, port))
    except OSError:
        out.close()
        raise
    return out


def reachable_address(ip: str) -> str:
    """ip, or where it is the wildcard address: the one that packets to the Internet leave from."""
    if not ipaddress.ip_address(ip).is_unspecified:
        return ip
    family, anywhere = (socket.AF_INET6, "2001:db8::1") if ":" in ip else (socket.AF_INET, "192.0.2.1")
    # Connecting a UDP socket sends nothing.
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((anywhere, 9))
        except OSError:
            return "::1" if ":" in ip else "127.0.0.1"
        return str(probe.getsockname()[0])
