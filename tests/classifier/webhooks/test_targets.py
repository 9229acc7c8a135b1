"""Which addresses may be connected to."""

from __future__ import annotations

import threading

import pytest

from classifier.webhooks import targets

PUBLIC = ["1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111",
          "2a00:1450:4001::1", "64:ff9b::101:101"]  # fmt: skip
PRIVATE = ["10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1",
           "127.0.0.1", "127.255.0.3", "100.64.0.1", "::1", "fc00::1", "fd12:3456::1"]  # fmt: skip
NEVER = [
    "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.0.1", "100.100.100.200", "168.63.129.16",
    "192.0.0.192", "192.0.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.9", "192.88.99.1",
    "198.18.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:1.1.1.1",
    "::7f00:1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1",
    "2002:7f00:1::", "2002:a00:1::1", "2001::1", "2001:0:a00:1::", "2001:db8::1", "3fff::1",
    "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "fd00:ec2::254", "fd20:ce::254", "100::1",
    "not an address", "",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_the_internet_may_be_connected_to(address):
    assert targets.is_allowed(address, private=False)
    assert targets.is_allowed(address, private=True)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_networks_may_be_connected_to_by_setting_alone(address):
    assert not targets.is_allowed(address, private=False)
    assert targets.is_allowed(address, private=True)


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_may_never_be_connected_to(address):
    assert not targets.is_allowed(address, private=False)
    assert not targets.is_allowed(address, private=True)


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "host_header"),
    [
        ("https://hooks.example.org", "hooks.example.org", 443, "/", "hooks.example.org"),
        ("https://Hooks.example.org:443/a?b=c", "hooks.example.org", 443, "/a?b=c",
         "hooks.example.org"),
        ("https://hooks.example.org:8443/x", "hooks.example.org", 8443, "/x",
         "hooks.example.org:8443"),
        ("https://[2606:4700::1111]:8000/", "2606:4700::1111", 8000, "/",
         "[2606:4700::1111]:8000"),
    ],
)  # fmt: skip
def test_an_address_is_taken_apart(url, host, port, path, host_header):
    target = targets.parse(url)
    assert (target.host, target.port, target.path) == (host, port, path)
    assert target.host_header == host_header
    assert target.is_https


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "printable"),
        ("https://exa mple.org/", "printable"),
        ("https://example.org/\n", "printable"),
        ("https://example.org\t/", "printable"),
        ("https://example.org\\@10.0.0.1/", "backslash"),
        ("https://exämple.org/", "ASCII"),
        (f"https://example.org/{'x' * 500}", "at most 500"),
        ("example.org/hook", "begins with https://"),
        ("ftp://example.org/", "begins with https://"),
        ("file:///etc/passwd", "begins with https://"),
        ("http://example.org/", "WEBHOOKS_HTTP"),
        ("https://me:secret@example.org/", "no user"),
        ("https://example.org@10.0.0.1/", "no user"),
        ("https://@example.org/", "no user"),
        ("https://example.org/#part", "no part behind #"),
        ("https://", "name of a host"),
        ("https://-/", "name of a host"),
        ("https://example.org./", "name of a host"),
        ("https://exa%6dple.org/", "name of a host"),
        ("https://[fe80::1%25eth0]/", "This is no address|name of a host"),
        ("https://[::1/", "no address"),
        ("https://example.org:port/", "no address"),
        ("https://example.org:99999/", "no address"),
        ("https://example.org:22/", "port"),
        ("https://example.org:0/", "port"),
        ("https://example.org:5432/", "port"),
        ("https://127.0.0.1/", "not the internet's"),
        ("https://[::1]/", "not the internet's"),
        ("https://[::ffff:10.0.0.1]/", "not the internet's"),
        ("https://169.254.169.254/latest/meta-data/", "not the internet's"),
    ],
)
def test_what_is_no_address_of_a_receiver_is_refused_with_a_sentence(url, words):
    with pytest.raises(targets.Refused, match=words):
        targets.parse(url)


def test_settings_allow_http_and_other_ports(settings):
    settings.WEBHOOKS_HTTP = True
    target = targets.parse("http://hooks.example.org/")
    assert (target.is_https, target.port) == (False, 80)
    with pytest.raises(targets.Refused, match="port"):
        targets.parse("http://homeserver:5678/")
    settings.WEBHOOKS_PRIVATE = True
    assert targets.parse("http://homeserver:5678/").port == 5678
    with pytest.raises(targets.Refused, match="port"):
        targets.parse("http://homeserver:22/")
    with pytest.raises(targets.Refused, match="internet"):
        targets.parse("http://169.254.169.254/")


@pytest.mark.parametrize(
    "found",
    [
        ["10.0.0.1"],
        ["93.184.216.34", "127.0.0.1"],
        ["192.168.0.1", "93.184.216.34"],
        ["93.184.216.34", "::ffff:127.0.0.1"],
    ],
)
def test_every_address_of_a_name_is_checked(resolver, found):
    resolver(found)
    with pytest.raises(targets.Refused):
        targets.look_up(targets.parse("https://example.org/"), 1.0)


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "0177.0.0.1", "localhost"])
def test_other_ways_to_write_this_machine_are_found_when_they_are_looked_up(host):
    with pytest.raises((targets.Refused, targets.NotFound)):
        targets.look_up(targets.parse(f"https://{host}/"), 5.0)


def test_a_name_server_that_does_not_answer_is_not_waited_for(monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(targets.socket, "getaddrinfo", lambda *a, **k: release.wait(20) and [])
    monkeypatch.setattr(targets, "_places", threading.BoundedSemaphore(2))
    target = targets.parse("https://example.org/")
    for words in ("in time", "in time", "too many"):
        with pytest.raises(targets.NotFound, match=words):
            targets.look_up(target, 0.05)
    release.set()
