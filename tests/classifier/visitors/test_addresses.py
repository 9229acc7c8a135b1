"""Whom an address stands for, and which proxies are believed."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from classifier.visitors import addresses


def request_from(address: str = "192.0.2.1", **headers: str):
    return RequestFactory().get("/", REMOTE_ADDR=address, headers=headers)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        # A connection with IPv6 has 2**64 addresses.
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("fe80::1%eth0", "fe80::1", True),
        ("", "", True),
        ("unix:", "192.0.2.1", False),
    ],
)
def test_whom_an_address_stands_for(one, other, same):
    found = [addresses.networks(request_from(address))[0] for address in (one, other)]
    assert (found[0] == found[1]) is same


@pytest.mark.parametrize("written", ["203.0.113.9", "203.0.113.9, 198.51.100.7"])
def test_without_proxies_nobody_is_believed(settings, written):
    settings.PROXIES = 0
    request = request_from("192.0.2.1", **{"X-Forwarded-For": written})
    assert addresses.client_address(request) == "192.0.2.1"


@pytest.mark.parametrize(
    ("proxies", "written", "address"),
    [
        (1, "198.51.100.7", "198.51.100.7"),
        # What a visitor wrote stands to the left of what the proxies added.
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (1, "x,, 198.51.100.7 ", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7, 10.0.0.1", "198.51.100.7"),
        (2, "198.51.100.7", "198.51.100.7"),
        (3, "203.0.113.9, 198.51.100.7, 10.0.0.1, 10.0.0.2", "198.51.100.7"),
        # Some write the port as well.
        (1, "198.51.100.7:4711", "198.51.100.7"),
        (1, "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_addresses_are_counted_from_the_last_proxy(settings, proxies, written, address):
    settings.PROXIES = proxies
    request = request_from("127.0.0.1", **{"X-Forwarded-For": written})
    assert addresses.client_address(request) == address


def test_a_proxy_that_does_not_set_the_header_is_told_of_once(settings, caplog):
    settings.PROXIES = 1
    addresses._warn_of_missing_header.cache_clear()
    for _ in range(3):
        assert addresses.client_address(request_from("127.0.0.1")) == "127.0.0.1"
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 1
    assert "X-Forwarded-For is missing" in said[0]


def test_a_network_of_ipv6_is_counted_in_three_sizes():
    found = addresses.networks(request_from("2001:db8:1:2::3"))
    assert [(network.name, network.times) for network in found] == [
        ("2001:db8:1:2::/64", 1),
        ("2001:db8:1::/56", 2),
        ("2001:db8:1::/48", 4),
    ]
    assert addresses.home_of(request_from("2001:db8:1:2::3")) == "2001:db8:1::/56"
    assert addresses.home_of(request_from("192.0.2.1")) == "192.0.2.1"


def test_hashes_of_two_purposes_do_not_compare():
    assert addresses.hashed("192.0.2.1") == addresses.hashed("192.0.2.1")
    assert addresses.hashed("192.0.2.1") != addresses.hashed("192.0.2.1", purpose="x")
