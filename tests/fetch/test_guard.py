from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import BlockedAddressError, FetchError, Reason
from monitor.fetch import guard

BLOCKED = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.255.255.254
169.254.0.1 169.254.169.254 169.254.170.2 168.63.129.16 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1
192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250
240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:7f00:1 ::FFFF:8.8.8.8
0:0:0:0:0:0:0:1 0000:0000:0000:0000:0000:ffff:7f00:0001 ::ffff:0:127.0.0.1
64:ff9b::7f00:1 64:ff9b::10.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 64:ff9b:1::7f00:1
2002:7f00:1:: 2002:a00:1:: 2002:c0a8:101::1 2001::1 2001:0:53aa:64c:0:0:f5ff:fffe 2001:2::1 2001:10::1 2001:20::1
2001:db8::1 3fff::1 3ffe::1 100::1 5f00::1 fc00::1 fd00::1 fd00:ec2::254 fd20:ce::254 fe80::1 febf::1 fec0::1
ff02::1 ff05::2 fe80::1%eth0 fe80::1%1 2606:4700::1111%lo
""".split()
# What reaches loopback or nothing when handed to a resolver, and is no address in itself.
SPELLINGS = """
localhost 2130706433 0x7f000001 0x7f.1 0x7f.0.0.1 127.1 127.0.1 017700000001 0177.0.0.1 127.000.000.001 0 00
127.0.0.1. [::1] [::ffff:127.0.0.1] 127.0.0.1:80 127.0.0.1%lo １２７.0.0.1 127。0。0。1 ①②⑦.⓪.⓪.① 127.0.0.1/8 http://8.8.8.8
8.8.8 8.8.8.8.8 -1 999.1.1.1 ::g 1::2::3
""".split()
PUBLIC = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 93.184.215.14 100.63.255.255 100.128.0.1 126.0.0.1 128.0.0.1 169.253.0.1
172.15.0.1 172.32.0.1 192.0.1.1 192.167.0.1 198.17.0.1 198.20.0.1 223.255.255.255
2606:4700:4700::1111 2a00:1450:4001:800::200e 2400:cb00::1 2001:4860:4860::8888 2003::1
""".split()


@pytest.mark.parametrize("address", [*BLOCKED, *SPELLINGS, "", " ", "127.0.0.1 ", "127.0.0.1\n", "1.1.1.1\x00"])
def test_what_is_no_public_unicast_address_is_blocked(address):
    with pytest.raises(BlockedAddressError) as caught:
        guard.check(address)
    assert caught.value.reason is Reason.BLOCKED_ADDRESS
    assert caught.value.retry is False


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_pass(address):
    guard.check(address)


@given(st.ip_addresses())
def test_nothing_the_standard_library_calls_private_passes(address):
    try:
        guard.check(str(address))
    except BlockedAddressError:
        return
    assert address.is_global
    assert not any((address.is_multicast, address.is_reserved, address.is_unspecified))


@given(st.ip_addresses(v=4))
def test_no_ipv6_spelling_of_an_ipv4_address_passes(address):
    low = int(address)
    for high in ("::", "::ffff:0:0", "::ffff:0:0:0", "64:ff9b::", "64:ff9b:1::"):
        with pytest.raises(BlockedAddressError):
            guard.check(str(ipaddress.IPv6Address(int(ipaddress.IPv6Address(high)) | low)))
    with pytest.raises(BlockedAddressError):
        guard.check(str(ipaddress.IPv6Address(0x2002 << 112 | low << 80)))


def test_a_private_outlet_opens_its_own_host_and_port_only():
    assert guard.allowed_private("intranet.example", 8080, "10.1.2.3", "intranet.example:8080")
    assert guard.allowed_private("Intranet.Example", 8080, "fd12:3456::1", "intranet.example:8080")
    assert guard.allowed_private("::1", 8080, "::1", "[::1]:8080")
    assert not guard.allowed_private("intranet.example", 8081, "10.1.2.3", "intranet.example:8080")
    assert not guard.allowed_private("other.example", 8080, "10.1.2.3", "intranet.example:8080")
    assert not guard.allowed_private("intranet.example", 8080, "10.1.2.3", "")
    assert not guard.allowed_private("", 0, "10.1.2.3", "")


@pytest.mark.parametrize(
    "address",
    "169.254.169.254 169.254.170.2 fd00:ec2::254 fd20:ce::254 100.100.100.200 192.0.0.192 168.63.129.16 fe80::1 0.0.0.0 "
    "224.0.0.1 255.255.255.255 ::ffff:169.254.169.254 fe80::1%eth0 localhost".split(),
)
def test_metadata_and_what_is_no_host_stay_closed_even_to_a_private_outlet(address):
    assert not guard.allowed_private("intranet.example", 80, address, "intranet.example:80")
    with pytest.raises(BlockedAddressError):
        guard.dialable("intranet.example", 80, [address], "intranet.example:80")


def test_of_several_addresses_only_public_ones_are_dialled():
    assert guard.dialable("a.example", 443, ["127.0.0.1", "8.8.8.8", "::1", "1.1.1.1"]) == ["8.8.8.8", "1.1.1.1"]
    with pytest.raises(BlockedAddressError, match=r"a\.example: ::1"):
        guard.dialable("a.example", 443, ["10.0.0.1", "::1"])
    with pytest.raises(BlockedAddressError, match="no address"):
        guard.dialable("a.example", 443, [])


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "javascript:alert(1)", "//example.org/", "",
        "example.org", "http://", "http:///x", "https://user@example.org/", "https://user:secret@example.org/",
        "http://example.org\\@127.0.0.1/", "http://example.org:25/", "http://example.org:22/", "http://example.org:6667/",
        "http://example.org:99999/", "http://example.org:0/", "data:text/html,x",
    ],
)  # fmt: skip
def test_urls_that_are_not_fetched(url):
    with pytest.raises(FetchError) as caught:
        guard.check_url(url)
    assert caught.value.reason is Reason.BAD_URL
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org", "https://example.org:8443/a?b=@c#d@e", "HTTP://EXAMPLE.ORG/@user", "http://пример.рф/а б",
        "http://[2606:4700::1]:8080/x", "https://example.org/?u=http://user@host/",
    ],
)  # fmt: skip
def test_urls_that_are_fetched(url):
    guard.check_url(url, {8443, 8080})


@pytest.mark.parametrize("url", ["http://a.example:8080/", "https://a.example:444/", "https://[2606:4700::1]:8443/x"])
def test_other_ports_than_those_of_the_web_must_be_named(url):
    with pytest.raises(FetchError, match=r"outlets\.yaml") as caught:
        guard.check_url(url, {8000})
    assert caught.value.reason is Reason.BAD_URL


@pytest.mark.parametrize("url", ["http://a.example:443/", "https://a.example:80/", "https://a.example"])
def test_the_ports_of_the_web_need_no_name(url):
    guard.check_url(url)


def test_a_port_of_another_protocol_is_not_fetched_even_where_it_is_named():
    with pytest.raises(FetchError, match="other protocols"):
        guard.check_url("http://a.example:25/", {25})
