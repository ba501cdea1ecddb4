"""Which addresses may be dialled. Judged where the socket is opened, on what the name resolved to.

Checking the text of a URL is useless: 2130706433, 0x7f.1 and 017700000001 all reach loopback. `is_global` of the
standard library differs between patch versions and passes NAT64, 6to4, multicast and site-local, so the networks are
listed here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from monitor.errors import BlockedAddressError, FetchError, Reason
from monitor.parse import urls

_BLOCKED_V4 = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's host agent stands on a public address
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",
        "192.0.0.0/24",  # IETF protocols; 192.0.0.192 is Oracle's metadata
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT relays
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
# IPv6 is public only within 2000::/3: loopback, mapped and compatible IPv4, NAT64, discard, ULA, link- and
# site-local and multicast all stand outside. These stand inside.
_GLOBAL_V6 = ip_network("2000::/3")
_BLOCKED_V6 = tuple(
    ip_network(text)
    for text in (
        "2001::/23",  # IETF protocols: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4 carries an IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3ffe::/16",  # 6bone, given back
        "3fff::/20",  # documentation
    )
)
# What an outlet marked private may stand on. Link-local is not among them: that is where metadata services are.
_PRIVATE = tuple(
    ip_network(text)
    for text in ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
)
# Metadata services inside those networks.
_METADATA = tuple(
    ip_network(text)
    for text in (
        "100.100.100.200/32",  # Alibaba
        "fd00:ec2::/32",  # AWS: fd00:ec2::254 and its neighbours
        "fd20:ce::254/128",  # Google
        "fd00:c1::a9fe:a9fe/128",  # Oracle
        "fd00:42::42/128",  # Scaleway
    )
)
# RFC 5214: an address of any network whose second half is this and an IPv4 address is dialled as that one.
_ISATAP = frozenset({0x0000_5EFE, 0x0200_5EFE})
_WEB_PORTS = frozenset({80, 443})
# Browsers' list of ports (Fetch standard, "port blocking") on which other protocols listen to lines of text.
_BAD_PORTS = frozenset(
    int(port)
    for port in (
        "1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 117 119 "
        "123 135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601 636 989 "
        "990 993 995 1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679 6697 10080"
    ).split()
)


def _parse(address: str) -> IPv4Address | IPv6Address:
    try:
        parsed = ip_address(str(address))
    except ValueError:
        raise BlockedAddressError(f"{str(address)[:80]!r} is no address") from None
    if isinstance(parsed, IPv6Address) and parsed.scope_id is not None:
        raise BlockedAddressError(f"{address} names an interface of this machine")
    return parsed


def check(address: str) -> None:
    """Raise BlockedAddressError unless `address` is a public unicast address in its standard spelling."""
    parsed = _parse(address)
    if isinstance(parsed, IPv4Address):
        public = not any(parsed in network for network in _BLOCKED_V4)
    else:
        public = parsed in _GLOBAL_V6 and not any(parsed in network for network in _BLOCKED_V6)
        public = public and int(parsed) >> 32 & 0xFFFF_FFFF not in _ISATAP
    if not public:
        raise BlockedAddressError(f"{parsed} is no public address")


def allowed_private(host: str, port: int, address: str, private_origin: str) -> bool:
    """Say whether `address` may be dialled although it is private: only for the named "host:port", never metadata."""
    if not private_origin or host_port(host, port) != private_origin.lower():
        return False
    try:
        parsed = _parse(address)
    except BlockedAddressError:
        return False
    return any(parsed in network for network in _PRIVATE) and not any(parsed in network for network in _METADATA)


def dialable(host: str, port: int, addresses: Iterable[str], private_origin: str = "") -> list[str]:
    """Return those of a name's addresses that may be dialled, in order. Raises BlockedAddressError for none."""
    passed = []
    refused = BlockedAddressError(f"{host} has no address")
    for address in addresses:
        try:
            if not allowed_private(host, port, address, private_origin):
                check(address)
            passed.append(address)
        except BlockedAddressError as error:
            refused = BlockedAddressError(f"{host}: {error.detail}")
    if not passed:
        raise refused
    return passed


def host_port(host: str, port: int) -> str:
    """Return "host:port", lower-case, an IPv6 host in brackets."""
    bare = host.strip("[]").lower()
    return f"[{bare}]:{port}" if ":" in bare else f"{bare}:{port}"


def check_url(url: str, ports: Collection[int] = ()) -> None:
    """Raise FetchError(BAD_URL) unless `url` is http(s), has a host, no user name, and stands on port 80, 443 or one of
    `ports`. Not BLOCKED_ADDRESS: it is the URL that is judged, before any address is known.
    """
    port, normal = urls.port(url), urls.absolute(url, url)
    if normal is None or not urls.origin(url):
        raise FetchError(Reason.BAD_URL, f"{url[:200]!r} is no http or https URL", retry=False)
    if "@" in normal.split("/", 3)[2]:
        raise FetchError(Reason.BAD_URL, "a URL with a user name or password is not fetched", retry=False)
    if port in _BAD_PORTS or port == 0:
        raise FetchError(Reason.BAD_URL, f"port {port} is not fetched from: other protocols stand there", retry=False)
    if port not in _WEB_PORTS and port not in ports:
        detail = f"port {port} is not fetched from: no address of the outlet in outlets.yaml names it"
        raise FetchError(Reason.BAD_URL, detail, retry=False)
