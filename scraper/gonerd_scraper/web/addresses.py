"""Which network addresses a crawl may connect to, and the sockets that hold it to that."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

__all__ = [
    "ForbiddenAddressError",
    "GuardedResolver",
    "guarded_socket",
    "is_public",
    "literal_address",
]

NAT64 = IPv6Network("64:ff9b::/96")
SIXTOFOUR = IPv6Network("2002::/16")
NOT_PUBLIC = (
    IPv6Network(
        "64:ff9b:1::/48"
    ),  # RFC 8215: where a network puts an IPv4 address in it is its own affair
    IPv6Network("fec0::/10"),  # site-local, deprecated and still routed inside
    IPv6Network("3fff::/20"),  # documentation, RFC 9637
    IPv4Network("192.0.0.0/24"),  # protocol assignments
)
"""What Python's `is_global` passes, in some or all of its versions."""

AddressInfo = tuple[Any, Any, int, str, tuple[Any, ...]]
"""What `socket.getaddrinfo` yields."""


class ForbiddenAddressError(OSError):
    """A name or a URL leads to an address that is not on the public internet."""


def is_public(address: str) -> bool:
    """Whether `address` is one that anybody on the internet could reach.

    `ipaddress.is_global` alone passes multicast and the IPv6 forms that carry an IPv4 address
    inside (mapped, 6to4, NAT64): those are unwrapped first.
    """
    found = ip_address(address.partition("%")[0])
    inner = _inner(found)
    if inner is not None:
        return is_public(str(inner))
    if any(found in network for network in NOT_PUBLIC):
        return False
    return (
        found.is_global
        and not found.is_multicast
        and not found.is_reserved
        and not found.is_unspecified
    )


def literal_address(host: str) -> str | None:
    """The address that `host` is when it is written as a number in any way that sockets accept, else None."""
    name = host.strip("[]")
    try:
        return str(ip_address(name.partition("%")[0]))
    except ValueError:
        pass
    if (
        name and name.rpartition(".")[2][:1].isdigit()
    ):  # 127.1, 2130706433, 0x7f.1 are 127.0.0.1 to a socket
        try:
            return socket.inet_ntoa(socket.inet_aton(name))
        except OSError:
            return None
    return None


class GuardedResolver(AbstractResolver):
    """Looks names up and refuses those that lead to an address inside; or sends all to one given address."""

    def __init__(self, connect_to: tuple[str, int] | None) -> None:
        self._names = ThreadedResolver()
        self._connect_to = connect_to

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Addresses of `host`, all of them public."""
        if self._connect_to is not None:
            found = await self._names.resolve(*self._connect_to, family=family)
            return [ResolveResult(**entry | {"hostname": host}) for entry in found]
        found = await self._names.resolve(host, port, family=family)
        for entry in found:
            if not is_public(entry["host"]):
                raise ForbiddenAddressError(
                    f"{host} leads to {entry['host']}, which is not on the public internet"
                )
        return found

    async def close(self) -> None:
        """Release the threads of the look-ups."""
        await self._names.close()


def guarded_socket(connect_to: tuple[str, int] | None) -> Any:
    """A socket factory that sees the final address of each connection, literal ones included."""

    def make(info: AddressInfo) -> socket.socket:
        family, kind, protocol, _, address = info
        if connect_to is None and not is_public(address[0]):
            raise ForbiddenAddressError(f"{address[0]} is not on the public internet")
        if connect_to is not None and address[1] != connect_to[1]:
            raise ForbiddenAddressError(
                f"{address[0]}:{address[1]} is not the address of --connect-to"
            )
        made = socket.socket(family=family, type=kind, proto=protocol)
        made.setblocking(False)
        return made

    return make


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in SIXTOFOUR:
        return address.sixtofour
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if int(address) >> 32 == 0 and int(address) > 1:  # ::a.b.c.d, the deprecated compatible form
        return IPv4Address(int(address))
    return None
