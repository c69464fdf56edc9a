"""Where people sign in: the address and the browser, and who was there before.

A person is known at a place from which they have signed in with all it takes.
Kept as HMACs for 90 days, and until their password changes.
"""

from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from core.crypto import Keyring

KEPT = timedelta(days=90)
# Whoever has one IPv6 address has 2^64 of them (RFC 6177).
_IPV6_SITE = 64


def network_of(address: str) -> str:
    """Return what counts as one address: of IPv6, the network it is in."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        return str(ip.ipv4_mapped)
    if isinstance(ip, IPv6Address):
        return str(ip_network((int(ip), _IPV6_SITE), strict=False))
    return str(ip)


def places_of(
    keyring: Keyring, address: str | None, device: str | None
) -> tuple[str, ...]:
    """Return the places a sign-in comes from, the browser first."""
    index = keyring.index
    browser = [index("sign-in-device", device)] if device else []
    network = [index("sign-in-address", network_of(address))] if address else []
    return (*browser, *network)
