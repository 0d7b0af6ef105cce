"""Which addresses on the web this server may be sent to by a link that a member wrote.

Everybody who may write a message can make the server open a connection, from inside the network that it stands in. The
guard keeps that to the public web: `target` decides on a URL before a name is looked up, `check_address` on each
address that the name stands for. Pure: whoever fetches looks the name up once, lets the guard see every answer,
connects to one of these very answers, and begins anew with each redirect.

Source: RFC 6890 and the IANA registries "IPv4 Special-Purpose Address Space" and "IPv6 Special-Purpose Address Space"
(2025); RFC 6761 and the IANA registry of special-use domain names; RFC 6052 (NAT64); UTS 46 for names. Stricter than
the registries: of IPv6 only what is assigned for global unicast (2000::/3) is let through, and relays of the past
(6to4, Teredo) are not, because the IPv4 address inside would be reached by a way that nobody vets.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final, NamedTuple
from urllib.parse import quote, urlsplit

import idna

from hubbub.media.errors import LinkRefused

Address = IPv4Address | IPv6Address

URL_LENGTH_MAX: Final = 2_048
"""Characters, as the embeds of messages have it."""
PORTS: Final = {"http": (80, 8080), "https": (443, 8443)}
"""Where the web is. Other ports belong to mail, databases and caches, which may take a request for a command."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_NAME_LENGTH_MAX: Final = 253
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_BARRED_CHARACTERS: Final = re.compile(r"[\x00-\x20\x7f\\]")
_PRIVATE_NAMES: Final = (
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "home.arpa",
    "arpa",
    "onion",
    "alt",
    "test",
    "invalid",
)
"""Names of no public host, with all below them."""

IPV4_BARRED: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by customers of a carrier
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, where clouds keep their metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
IPV6_GLOBAL: Final = IPv6Network("2000::/3")
IPV6_BARRED: Final = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID and more
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
NAT64: Final = IPv6Network("64:ff9b::/96")
"""Where a resolver puts public IPv4 addresses for hosts that have none; the address inside is vetted."""


class Target(NamedTuple):
    """A URL that may be asked for, in parts."""

    url: str
    """As it is asked for and shown: without a fragment, the name in its ASCII form."""
    scheme: str
    host: str
    """Name in ASCII, lower case and without a final dot, or an address as text without brackets."""
    port: int
    path: str
    """With the query, as it stands in a request; begins with a slash."""
    address: Address | None
    """Set when the host is one."""

    @property
    def authority(self) -> str:
        """Host and port as the Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


class Allowed(NamedTuple):
    """What an operator opens beyond the public web."""

    hosts: frozenset[tuple[str, int | None]] = frozenset()
    """Names, and addresses as text, each with a port or None for every port."""
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    def host(self, host: str, port: int) -> bool:
        """Return whether a host was named, so that wherever it stands is trusted."""
        return (host, None) in self.hosts or (host, port) in self.hosts

    def address(self, address: Address) -> bool:
        """Return whether an address lies in a network that was named."""
        return any(address in network for network in self.networks)


PUBLIC_WEB: Final = Allowed()
"""Nothing beyond the public web."""


def read_allowed(entries: Sequence[str]) -> Allowed:
    """Return what the entries of a setting open: `name`, `name:port`, `address`, `[address]:port` or `network/bits`.

    Raises:
        ValueError: An entry is none of these; the text names it.
    """
    hosts: set[tuple[str, int | None]] = set()
    networks: list[IPv4Network | IPv6Network] = []
    for entry in entries:
        try:
            networks.append(ipaddress.ip_network(entry.strip()))
            continue
        except ValueError:
            pass
        match = re.fullmatch(r"(?:\[([0-9a-f:.]+)\]|([^\s:/\[\]]+))(?::([0-9]{1,5}))?", entry.strip(), re.IGNORECASE)
        if match is None or not 0 < int(match[3] or 1) < 1 << 16:
            raise ValueError(f"{entry!r} is no name, address or network")
        try:
            host = str(IPv6Address(match[1])) if match[1] else _ascii_name(match[2])
        except (ValueError, idna.IDNAError) as problem:
            raise ValueError(f"{entry!r} is no name, address or network") from problem
        hosts.add((host, int(match[3]) if match[3] else None))
    return Allowed(frozenset(hosts), tuple(networks))


def target(url: str, allowed: Allowed, barred_hosts: frozenset[str] = frozenset()) -> Target:
    """Return the parts of a URL that may be asked for.

    Args:
        url: As a member, a page or a redirect has it; absolute.
        allowed: What the operator opens.
        barred_hosts: Names that are never asked, this server's own above all; `allowed` does not open them.

    Raises:
        LinkRefused: It may not; `reason` says why, for logs.
    """
    if len(url) > URL_LENGTH_MAX:
        raise LinkRefused(reason="too long")
    if _BARRED_CHARACTERS.search(url):
        raise LinkRefused(reason="holds a space, a control character or a backslash")
    try:
        parts = urlsplit(url)
        port = parts.port
        host_text = parts.hostname or ""
    except ValueError as problem:
        raise LinkRefused(reason="is no URL") from problem
    scheme = parts.scheme.lower()
    if scheme not in PORTS:
        raise LinkRefused(reason="is not of http or https")
    if "@" in parts.netloc:
        raise LinkRefused(reason="holds credentials")
    host, address = _host(host_text, bracketed="[" in parts.netloc)
    port = _DEFAULT_PORTS[scheme] if port is None else port
    if host in barred_hosts:
        raise LinkRefused(reason="names this server")
    if not allowed.host(host, port) and (address is None or not allowed.address(address)):
        _check_public(host, address, port, scheme)
    # A lone surrogate, which JSON can bring, has no bytes to be escaped as.
    path = quote(parts.path or "/", safe=_KEPT, errors="replace")
    if parts.query:
        path += "?" + quote(parts.query, safe=_KEPT, errors="replace")
    plain = Target("", scheme, host, port, path, address)
    return plain._replace(url=f"{scheme}://{plain.authority}{path}")


_KEPT: Final = "/?%:@!$&'()*+,;=-._~[]|"
"""Characters that a path or query keeps as they are; the rest is escaped, an escape is not escaped again."""


def check_address(address: Address, *, allowed: Allowed, trusted: bool = False, own: bool = False) -> None:
    """Return if a connection to `address` may be opened.

    Args:
        address: What a name was found to stand for, or what a URL names.
        allowed: What the operator opens.
        trusted: Whether the operator named the host itself.
        own: Whether the address is one of this machine's.

    Raises:
        LinkRefused: It may not.
    """
    if trusted or allowed.address(address):
        return
    if own:
        raise LinkRefused(reason=f"{address} is this machine's own")
    if not is_public(address):
        raise LinkRefused(reason=f"{address} is not of the public internet")


def is_public(address: Address) -> bool:
    """Return whether an address is of the public internet, and of nothing else."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in IPV4_BARRED)
    if address.scope_id is not None:
        return False
    if address in NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    return address in IPV6_GLOBAL and not any(address in network for network in IPV6_BARRED)


def _check_public(host: str, address: Address | None, port: int, scheme: str) -> None:
    """Raise unless a host and port may be of the public web."""
    if port not in PORTS[scheme]:
        raise LinkRefused(reason=f"port {port} is not of the web")
    if address is not None:
        check_address(address, allowed=PUBLIC_WEB)
    elif "." not in host:
        raise LinkRefused(reason="is a name of a local network")
    elif any(host == name or host.endswith(f".{name}") for name in _PRIVATE_NAMES):
        raise LinkRefused(reason="is a name of no public host")


def _host(text: str, *, bracketed: bool) -> tuple[str, Address | None]:
    """Return a host in its one form, and the address that it is, if it is one."""
    try:
        if bracketed:
            address = IPv6Address(text)
            if address.scope_id is not None:
                raise LinkRefused(reason="names an interface")
            return str(address), address
        # Checked after the name's ASCII form is made: full-width digits become plain ones there.
        host = _ascii_name(text)
        last = host.rpartition(".")[2]
        if last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last):
            # Of the many ways to write an IPv4 address only the plain one; the rest is for fooling guards.
            return host, IPv4Address(host)
    except (ValueError, idna.IDNAError) as problem:
        raise LinkRefused(reason="has no host that can be looked up") from problem
    return host, None


def _ascii_name(text: str) -> str:
    """Return a name in ASCII, lower case, without the root's dot; raises ValueError for what is no name."""
    name = text
    if not text.isascii():
        name = idna.encode(text, uts46=True, transitional=False, std3_rules=True).decode("ascii")
    name = name.lower().removesuffix(".")
    labels = name.split(".")
    if len(name) > _NAME_LENGTH_MAX or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("no name")
    return name
