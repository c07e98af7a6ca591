"""Tells public addresses from those that lead into somebody's own network."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
"""Networks whose addresses are IPv4 addresses in their last 32 bits (RFC 6052, RFC 8215)."""
_COMPATIBLE = IPv6Network("::/96")
"""The deprecated addresses that are IPv4 addresses too (RFC 4291, section 2.5.5.1)."""


def is_public(address: str) -> bool:
    """Return whether an IP address is one of the public internet: not private, of this machine, link-local (that is
    where clouds answer 169.254.169.254), shared, reserved or multicast, nor an IPv6 address that stands for such an
    IPv4 address."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        if (inside := _ipv4_in(ip)) is not None:
            return is_public(str(inside))
        if ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _ipv4_in(ip: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 address leads to, None for one that leads to none."""
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if any(ip in network for network in _NAT64) or ip in _COMPATIBLE:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return None
