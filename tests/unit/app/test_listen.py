import pytest

from hubbub.app.errors import AddressUnusable, PortTaken
from hubbub.app.listen import listen, local_url, url_of


def test_a_free_port_is_taken_and_its_address_told():
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert url_of(listener) == f"http://127.0.0.1:{port}"


def test_a_taken_port_says_what_to_do():
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"Port {port} on 127.0.0.1 is taken.*HUBBUB_PORT={port + 1}"):
            listen("127.0.0.1", port)


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(AddressUnusable, match=r"cannot listen on 192\.0\.2\.1"):
        listen("192.0.2.1", 0)


def test_a_listener_on_all_addresses_is_reached_on_loopback():
    with listen("0.0.0.0", 0) as listener:
        assert url_of(listener).startswith("http://127.0.0.1:")


def test_an_address_of_the_sixth_version_is_bracketed():
    assert local_url("::1", 8080) == "http://[::1]:8080"
    assert local_url("10.0.0.7", 80) == "http://10.0.0.7:80"


def test_a_host_that_is_none_says_what_to_write():
    with pytest.raises(AddressUnusable, match=r"'not a host', which is no address.*HUBBUB_HOST"):
        listen("not a host", 0)
