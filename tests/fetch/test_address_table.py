"""The guard against a table of its own, written from the IANA special-purpose address registries (November 2026), and not
from guard.py: https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry.
"""

from __future__ import annotations

import random
from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest

from monitor.errors import BlockedAddressError
from monitor.fetch import guard

# Every row of the registries, those called globally reachable too: none of them is where a publication stands.
REGISTRY_V4 = """
0.0.0.0/8 0.0.0.0/32 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.0.0/29
192.0.0.8/32 192.0.0.9/32 192.0.0.10/32 192.0.0.170/32 192.0.0.171/32 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24
192.88.99.0/24 192.88.99.2/32 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4
255.255.255.255/32
""".split()
REGISTRY_V6 = """
::1/128 ::/128 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001::/32 2001:1::1/128
2001:1::2/128 2001:1::3/128 2001:2::/48 2001:3::/32 2001:4:112::/48 2001:10::/28 2001:20::/28 2001:30::/28 2001:db8::/32
2002::/16 2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7 fe80::/10
""".split()
# Not in them: multicast (registries of its own), Azure's host agent, the 6bone's addresses (RFC 3701).
BESIDE_V4 = ["224.0.0.0/4", "168.63.129.16/32"]
BESIDE_V6 = ["ff00::/8", "fec0::/10", "3ffe::/16"]
COUNT = 100_000


def ranges(texts):
    return [(int(net[0]), int(net[-1])) for net in map(ip_network, texts)]


V4, V6 = ranges(REGISTRY_V4 + BESIDE_V4), ranges(REGISTRY_V6 + BESIDE_V6)


def refused(address):
    number = int(address)
    if address.version == 4:
        return any(low <= number <= high for low, high in V4)
    # IANA gives out global unicast addresses from 2000::/3 alone.
    outside = number >> 125 != 0b001
    isatap = (number >> 32) & 0xFDFFFFFF == 0x00005EFE
    return outside or isatap or any(low <= number <= high for low, high in V6)


def carriers(low, rng):
    """Yield IPv6 addresses that carry an IPv4 one, in every form there is."""
    site = 0x2606_4700 << 96 | rng.getrandbits(32) << 64
    yield low
    yield 0xFFFF << 32 | low
    yield 0xFFFF << 48 | low
    yield 0x64_FF9B << 96 | low
    yield 0x64_FF9B_0001 << 80 | rng.getrandbits(32) << 32 | low
    yield 0x2002 << 112 | low << 80 | rng.getrandbits(80)
    yield 0x2001 << 112 | rng.getrandbits(64) << 32 | low ^ 0xFFFFFFFF
    yield site | 0x0000_5EFE << 32 | low
    yield site | 0x0200_5EFE << 32 | low


def generated(rng):
    for kind, low, high in [*((IPv4Address, *pair) for pair in V4), *((IPv6Address, *pair) for pair in V6)]:
        most = (1 << (32 if kind is IPv4Address else 128)) - 1
        for number in (low - 1, low, low + 1, high - 1, high, high + 1):
            yield kind(min(max(number, 0), most))
    while True:
        yield IPv4Address(rng.getrandbits(32))
        low, high = rng.choice(V4)
        inside = rng.randint(low, high)
        yield IPv4Address(inside)
        for number in carriers(inside, rng):
            yield IPv6Address(number)
        yield IPv6Address(rng.getrandbits(128))
        yield IPv6Address(0b001 << 125 | rng.getrandbits(125))
        yield IPv6Address(rng.randint(*rng.choice(V6)))
        # what is in use
        yield IPv6Address(rng.choice([0x2001, 0x2400, 0x2600, 0x2A00, 0x2620]) << 112 | rng.getrandbits(112))


def spelled(address, rng):
    chance = rng.random()
    return address.exploded if chance < 0.1 else str(address).upper() if chance < 0.3 else str(address)


def test_a_hundred_thousand_addresses_are_judged_as_the_table_has_it():
    rng = random.Random(5)
    passed = 0
    for address, _ in zip(generated(rng), range(COUNT), strict=False):
        text = spelled(address, rng)
        try:
            guard.check(text)
        except BlockedAddressError:
            assert refused(address), text
        else:
            assert not refused(address), text
            passed += 1
    # Both judgements were seen often enough to mean something.
    assert COUNT // 10 < passed < COUNT // 2


@pytest.mark.parametrize("network", [*REGISTRY_V4, *REGISTRY_V6, *BESIDE_V4, *BESIDE_V6])
def test_no_address_of_a_special_network_is_public(network):
    for address in (ip_network(network)[0], ip_network(network)[-1]):
        with pytest.raises(BlockedAddressError):
            guard.check(str(address))


# Amazon and most others, Amazon's containers, Azure's host agent, Oracle, Alibaba; then Amazon, Google, Oracle, OpenStack,
# Scaleway over IPv6.
METADATA = """
169.254.169.254 169.254.170.2 169.254.170.23 168.63.129.16 192.0.0.192 100.100.100.200 fd00:ec2::254 fd00:ec2::23 fd20:ce::254
fd00:c1::a9fe:a9fe fe80::a9fe:a9fe fd00:42::42 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe 2002:a9fe:a9fe::
""".split()


@pytest.mark.parametrize("address", METADATA)
def test_metadata_services_are_closed_to_private_outlets_too(address):
    with pytest.raises(BlockedAddressError):
        guard.dialable("intranet.example", 80, [address], "intranet.example:80")
