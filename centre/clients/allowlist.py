"""Where a callback may go: a client's own list of hosts, networks and ports.

In a hospital private addresses are legitimate targets, so the defence against
request forgery is this list, not a ban on private networks. An entry is `host`,
`host:port`, `network` or `network:port`; an IPv6 network with a port stands in
brackets. A network entry admits an address given as a number, or a name that
resolves into it; a host entry admits that name alone. What a cloud's machine asks
about itself, keys included, is nobody's address for callbacks, whatever the list says.
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

_PORTS = {"http": 80, "https": 443}
# 169.254.169.254 and fe80::/10 on most clouds; Aliyun's and AWS's own.
_OF_THE_MACHINE: tuple[IPNetwork, ...] = (
    ipaddress.ip_network("169.254.0.0/16"),
    ipaddress.ip_network("fe80::/10"),
    ipaddress.ip_network("100.100.100.200/32"),
    ipaddress.ip_network("fd00:ec2::254/128"),
)
_LABEL = r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")
_LOOKS_NUMERIC = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*")


@dataclass(frozen=True)
class Target:
    """The host and port an address leads to."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True)
class Entry:
    """One line of an allow-list; `port` None admits every port."""

    host: str | None
    network: IPNetwork | None
    port: int | None


def target(url: str) -> Target:
    """Return where a URL leads; ValueError where it is not a plain http(s) one."""
    if any(ord(c) <= 0x20 or ord(c) == 0x7F for c in url) or "\\" in url:
        raise ValueError("must not hold spaces or control characters")
    parts = urlsplit(url)
    if parts.scheme not in _PORTS:
        raise ValueError("must be an http or https address")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user name or password")
    host = (parts.hostname or "").lower()
    if _address(host) is None and (
        not _HOST.fullmatch(host) or _LOOKS_NUMERIC.fullmatch(host)
    ):
        raise ValueError("has no valid host")
    port = _PORTS[parts.scheme] if parts.port is None else parts.port
    if port == 0:
        raise ValueError("has a port out of range")
    return Target(parts.scheme, host, port)


def entry(text: str) -> Entry:
    """Read one line of an allow-list; ValueError says what is wrong."""
    host, port = _split_port(text.strip().lower())
    network = _network(host)
    if network is not None:
        return Entry(None, network, port)
    if not _HOST.fullmatch(host) or _LOOKS_NUMERIC.fullmatch(host):
        raise ValueError("must be a host or a network, with or without a port")
    return Entry(host, None, port)


def admits_name(allow: Sequence[str], where: Target) -> bool:
    """Tell whether the list could admit a target before its name is resolved."""
    address = _address(where.host)
    if address is not None:
        return admits(allow, where, address)
    fitting = [e for e in map(entry, allow) if _port_fits(e, where)]
    return any(e.network is not None or e.host == where.host for e in fitting)


def admits(allow: Sequence[str], where: Target, address: IPAddress) -> bool:
    """Tell whether the list admits a target that resolved to this address."""
    plain = getattr(address, "ipv4_mapped", None) or address
    if any(plain in network for network in _OF_THE_MACHINE):
        return False
    for line in map(entry, allow):
        if not _port_fits(line, where):
            continue
        if line.host == where.host and line.host is not None:
            return True
        if line.network is not None and plain in line.network:
            return True
    return False


def _port_fits(line: Entry, where: Target) -> bool:
    return line.port is None or line.port == where.port


def _split_port(text: str) -> tuple[str, int | None]:
    bracketed = re.fullmatch(r"\[([^\]]+)\](?::([0-9]{1,5}))?", text)
    plain = re.fullmatch(r"([^:]+):([0-9]{1,5})", text)
    found = bracketed or plain
    if found is None:
        return text, None
    if found[2] is None:
        return found[1], None
    port = int(found[2])
    if not 1 <= port <= 65_535:
        raise ValueError("has a port out of range")
    return found[1], port


def _network(text: str) -> IPNetwork | None:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        return None


def _address(text: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
