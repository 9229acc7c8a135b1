import socket

import pytest

from scripts.preflight import problem
from scripts.testbed.site import free_port


def test_a_free_port_is_fine():
    assert problem("127.0.0.1", str(free_port())) is None


def test_a_port_in_use_is_one_sentence():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert "cannot be used" in problem("127.0.0.1", str(other.getsockname()[1]))


@pytest.mark.parametrize("port", ["abc", "0", "70000", ""])
def test_nonsense_is_no_port(port):
    assert "is no port" in problem("127.0.0.1", port)
