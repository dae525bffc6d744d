"""Which addresses count as public."""

from __future__ import annotations

import pytest

from gonerd_scraper.web.addresses import is_public, literal_address


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
        "2002:a00:1::1", "::10.0.0.1",
        "fec0::1", "3fff::1", "192.0.0.8", "2001:0:7f00:1::", "::ffff:0:10.0.0.1", "64:ff9b::224.0.0.1",
    ],
)  # fmt: skip
def test_an_address_inside_is_not_public_in_any_disguise(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"],
)
def test_an_address_outside_is_public_in_the_same_disguises(address):
    assert is_public(address)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f.0.0.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("www.4chan.example", None),
        ("10.example", None),
        ("1e100.net", None),
    ],
)
def test_numbers_are_read_as_a_socket_reads_them(host, address):
    assert literal_address(host) == address


def test_a_prefix_for_translation_inside_a_network_is_not_public_whatever_it_holds():
    assert not is_public("64:ff9b:1::8.8.8.8")
    assert not is_public("64:ff9b:1:a00:0:100:808:808")  # 10.0.0.1 by RFC 6052, 8.8.8.8 at its end
