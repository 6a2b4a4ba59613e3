"""How many connections one client may hold."""

import socket

import pytest
import trio
import trio.testing

from vibes_trio.config import Limits
from vibes_trio.exchange import address_in
from vibes_trio.front import serve as serving
from vibes_trio.front.addresses import NOT_COUNTED, Addresses, calc_client, calc_peer, client_of, peer_of


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("8.8.8.8", "8.8.8.8"),
        ("100.64.1.2", "100.64.1.2"),
        ("2600:1:2:3:4:5:6:7", "2600:1:2:3::/64"),
        ("2600:1:2:3::1", "2600:1:2:3::/64"),
        ("2600:1:2:4::1", "2600:1:2:4::/64"),
        ("127.0.0.1", NOT_COUNTED),
        ("127.9.9.9", NOT_COUNTED),
        ("::1", NOT_COUNTED),
        ("10.1.2.3", NOT_COUNTED),
        ("172.17.0.1", NOT_COUNTED),
        ("192.168.1.1", NOT_COUNTED),
        ("169.254.1.1", NOT_COUNTED),
        ("fe80::1%eth0", NOT_COUNTED),
        ("fd00::1", NOT_COUNTED),
    ],
)
def test_as_whose_a_connection_counts(address, client):
    assert calc_client(address) == client


@pytest.mark.parametrize(
    ("address", "peer", "without_port"),
    [
        ("8.8.8.8", "8.8.8.8", "8.8.8.8"),
        ("2600:1:2:3::1", "2600:1:2:3::/64", "2600:1:2:3::/64"),
        ("127.0.0.1", "127.0.0.1:4711", "127.0.0.1"),
        ("::1", "::1:4711", "::1"),
    ],
)
def test_only_who_is_near_is_told_apart_by_port_and_it_can_be_taken_off(address, peer, without_port):
    assert calc_peer(address, 4711) == peer
    assert address_in(peer) == without_port
    assert address_in(NOT_COUNTED) == NOT_COUNTED


def test_a_client_gets_its_share_and_what_it_gave_back():
    addresses = Addresses(2)

    assert [addresses.enter("a") for _ in range(3)] == [True, True, False]
    assert addresses.enter("b")
    addresses.leave("a")
    assert [addresses.enter("a") for _ in range(2)] == [True, False]


def test_who_is_not_counted_has_no_share():
    addresses = Addresses(1)

    assert all(addresses.enter(NOT_COUNTED) for _ in range(5))
    addresses.leave(NOT_COUNTED)


def test_clients_that_left_are_forgotten():
    addresses = Addresses(2)
    for number in range(1000):
        addresses.enter(str(number))
        addresses.leave(str(number))

    assert not addresses._held


def test_a_socket_whose_peer_has_left_is_not_counted():
    with socket.socket() as never_connected:
        assert client_of(never_connected) == NOT_COUNTED


async def test_one_client_cannot_take_the_room_of_all(serve, monkeypatch):
    clients = iter(["a", "a", "a", "b", "a"])
    monkeypatch.setattr(serving, "client_of", lambda sock: next(clients))
    async with serve(limits=Limits(connections_per_client=2)) as server:
        held = [await server.connect() for _ in range(2)]
        await trio.testing.wait_all_tasks_blocked()

        refused = await server.ask(server.good_request)
        other = await server.ask(server.good_request)
        await held[0].stream.aclose()
        with trio.fail_after(5):
            while server.front.counts.open > 1:
                await trio.testing.wait_all_tasks_blocked()
        again = await server.ask(server.good_request)

        assert (refused.status, refused.json["code"]) == (503, "overloaded")
        assert (other.status, again.status) == (200, 200)
        assert server.front.counts.shed == 1


def test_behind_a_proxy_each_connection_takes_turns_for_itself() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        one, other = (socket.create_connection(listener.getsockname()) for _ in range(2))
        with one, other:
            assert peer_of(one) == peer_of(other) == f"127.0.0.1:{listener.getsockname()[1]}"
            accepted = [listener.accept()[0] for _ in range(2)]
            peers = {peer_of(sock) for sock in accepted}
            for sock in accepted:
                sock.close()
    assert len(peers) == 2
    assert peer_of(one) == NOT_COUNTED  # it has left
