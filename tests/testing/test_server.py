import gzip
import socket
import threading
import time

import httpx
import msgspec
import pytest

from streamkit.testing.faults import Gzip, HalfChunk, Hang, PrematureClose, Reset, Trickle, WrongLength
from streamkit.testing.playback import Abort, Finish, Playback, Send, Wait, as_playback, steps
from streamkit.testing.server import PlaybackServer

BODY = b"data: one\n\ndata: two\n\n"
CHUNKS = (BODY[:11], BODY[11:])


@pytest.fixture
def server():
    with PlaybackServer() as running:
        yield running


def read(server, playback, path="/v1/x", timeout=5, **request):
    """The bytes that a client gets, and what it raised."""
    server.play(playback)
    got = b""
    try:
        with httpx.stream("POST", server.url + path, timeout=timeout, **request) as response:
            for chunk in response.iter_raw():
                got += chunk
    except httpx.HTTPError as error:
        return got, error
    return got, None


def test_a_body_arrives_as_it_is_whatever_its_transfer(server):
    for transfer in ("chunked", "length", "close"):
        assert read(server, Playback(body=CHUNKS, transfer=transfer)) == (BODY, None)


def test_status_content_type_and_headers_are_those_asked_for(server):
    server.play(Playback(body=b"{}", status=429, content_type="application/json", headers=(("Retry-After", "3"),)))
    response = httpx.post(server.url + "/any/path", json={"model": "m"})
    assert response.status_code == 429
    assert response.headers["content-type"] == "application/json"
    assert response.headers["retry-after"] == "3"
    assert response.json() == {}


def test_answers_are_played_one_after_the_other_and_the_last_repeats(server):
    server.play(Playback(body=b"first"), Playback(body=b"second"))
    assert [httpx.post(server.url).text for _ in range(3)] == ["first", "second", "second"]


def test_one_connection_serves_many_requests(server):
    server.play(Playback(body=CHUNKS))
    with httpx.Client() as client:
        for _ in range(3):
            assert client.post(server.url).content == BODY
    assert server.connections == 1


def test_requests_are_recorded_without_their_secrets(server):
    server.play(b"")
    key = "sk-proj-Zx81hQmT4vNp7LrWc2KdYb6eUs0A"
    httpx.post(
        server.url + "/v1/chat?key=" + key,
        json={"model": "m", "api_key": "hidden-value"},
        headers={"authorization": f"Bearer {key}", "x-api-key": "hidden-value", "x-note": "plain"},
    )
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/v1/chat")
    assert request.headers["x-note"] == "plain"
    assert request.json["model"] == "m"
    assert key not in repr(request)
    assert "hidden-value" not in repr(request)


def test_a_request_may_come_in_chunks(server):
    server.play(b"")
    httpx.post(server.url, content=iter([b'{"a":', b" 1}"]))
    assert server.requests[0].json == {"a": 1}


def test_a_request_may_ask_to_go_on(server):
    server.play(Playback(body=b"ok", transfer="length"))
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
        client.sendall(b"POST / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 100")
        client.sendall(b"{}")
        got = b""
        while not got.endswith(b"ok"):
            got += client.recv(1000)


def test_only_post_is_played(server):
    server.play(b"")
    assert httpx.get(server.url).status_code == 404


def test_without_an_answer_it_says_so(server):
    response = httpx.post(server.url)
    assert response.status_code == 500
    assert "nothing to play" in response.text


def test_bytes_that_are_no_request_close_the_connection(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
        client.sendall(b"nonsense\r\n\r\n")
        assert client.recv(100) == b""


def test_reset_before_headers(server):
    got, error = read(server, Playback(body=CHUNKS, faults=(Reset(),)))
    assert got == b""
    assert isinstance(error, httpx.ReadError | httpx.RemoteProtocolError)


def test_reset_in_the_body(server):
    got, error = read(server, Playback(body=CHUNKS, faults=(Reset(at=13),)))
    assert got == BODY[:13]
    assert isinstance(error, httpx.ReadError | httpx.RemoteProtocolError)


@pytest.mark.parametrize("at", [None, 0, 13])
def test_hang_until_the_client_goes(server, at):
    got, error = read(server, Playback(body=CHUNKS, faults=(Hang(at=at),)), timeout=0.2)
    assert got == BODY[: at or 0]
    assert isinstance(error, httpx.ReadTimeout)
    assert server.wait_for_abort()


def test_a_hanging_answer_goes_on_when_released(server):
    threading.Thread(target=lambda: server.wait_for_requests() and server.release()).start()
    assert read(server, Playback(body=CHUNKS, faults=(Hang(), Hang(at=0), Hang(at=13)))) == (BODY, None)


def test_a_hanging_answer_is_closed_when_its_time_is_over(server):
    got, error = read(server, Playback(body=CHUNKS, faults=(Hang(at=13, limit=0.05),)))
    assert got == BODY[:13]
    assert isinstance(error, httpx.RemoteProtocolError)


def test_half_a_chunk(server):
    got, error = read(server, Playback(body=CHUNKS, faults=(HalfChunk(at=13),)))
    assert BODY[:11] <= got <= BODY[:13]
    assert isinstance(error, httpx.RemoteProtocolError)


@pytest.mark.parametrize("transfer", ["chunked", "length"])
@pytest.mark.parametrize("at", [5, None])
def test_premature_close(server, transfer, at):
    got, error = read(server, Playback(body=CHUNKS, transfer=transfer, faults=(PrematureClose(at=at),)))
    assert got == BODY[:at]
    if transfer == "chunked" or at:
        assert isinstance(error, httpx.RemoteProtocolError)


def test_a_connection_that_closes_where_nothing_says_how_long_the_body_is_looks_like_its_end(server):
    assert read(server, Playback(body=CHUNKS, transfer="close", faults=(PrematureClose(at=13),))) == (BODY[:13], None)


def test_wrong_length(server):
    got, error = read(server, Playback(body=CHUNKS, faults=(WrongLength(by=5),)))
    assert got == BODY
    assert isinstance(error, httpx.RemoteProtocolError)
    assert read(server, Playback(body=BODY, faults=(WrongLength(by=-5),))) == (BODY[:-5], None)


def test_gzip(server):
    got, error = read(server, Playback(body=CHUNKS, faults=(Gzip(),)))
    assert (gzip.decompress(got), error) == (BODY, None)
    server.play(Playback(body=CHUNKS, faults=(Gzip(),)))
    assert httpx.post(server.url).content == BODY
    server.play(Playback(body=CHUNKS, faults=(Gzip(announced=False),)))
    assert gzip.decompress(httpx.post(server.url).content) == BODY
    server.play(Playback(body=CHUNKS, faults=(Gzip(announced=False, at=12),)))
    assert len(httpx.post(server.url).content) == 12


def test_pauses_come_before_their_chunks(server):
    began = time.monotonic()
    assert read(server, Playback(body=CHUNKS, pauses=(0.0, 0.05))) == (BODY, None)
    assert time.monotonic() - began >= 0.05


def test_it_stops_with_hanging_clients_and_idle_connections():
    running = PlaybackServer().start()
    running.play(Playback(body=CHUNKS, faults=(Hang(at=3),)))
    outcomes = []
    clients = [
        threading.Thread(target=lambda: outcomes.append(read(running, running._answers[0])[1])) for _ in range(3)
    ]
    for client in clients:
        client.start()
    idle = socket.create_connection(("127.0.0.1", running.port))
    assert running.wait_for_requests(3)
    began = time.monotonic()
    running.stop()
    running.stop()
    assert time.monotonic() - began < 30  # it did not wait for the clients
    for client in clients:
        client.join(5)
    assert len(outcomes) == 3
    assert all(isinstance(error, httpx.HTTPError) for error in outcomes)
    assert not [thread for thread in threading.enumerate() if thread.name == "streamkit-playback"]
    assert running.port == 0
    idle.close()


def test_it_may_be_started_again():
    server = PlaybackServer()
    for _ in range(2):
        with server:
            assert read(server, Playback(body=b"x")) == (b"x", None)


# the steps, without sockets


def shown(playback):
    return [step.data if isinstance(step, Send) else step for step in steps(playback)][1:]


def test_the_steps_of_a_healthy_answer():
    assert shown(Playback(body=CHUNKS)) == [
        b"b\r\ndata: one\n\n\r\n",
        b"b\r\ndata: two\n\n\r\n",
        b"0\r\n\r\n",
        Finish(reusable=True),
    ]


def test_the_steps_of_half_a_chunk():
    assert shown(Playback(body=b"abcdef", faults=(HalfChunk(at=2),))) == [b"6\r\nab", Finish(reusable=False)]


def test_the_first_fault_in_the_body_wins_and_a_hang_comes_before_what_happens_at_its_place():
    faults = (PrematureClose(at=4), Reset(at=2), Hang(at=2, limit=7))
    assert shown(Playback(body=b"abcdef", faults=faults)) == [b"2\r\nab\r\n", Wait(7, held=True), Abort()]


def test_the_steps_of_a_trickle():
    assert shown(Playback(body=(b"ab", b"c"), transfer="close", faults=(Trickle(),))) == [
        b"a",
        b"b",
        b"c",
        Finish(reusable=False),
    ]


def test_nothing_comes_where_the_hang_is_before_the_headers():
    assert list(steps(Playback(body=b"a", faults=(Reset(), Hang(limit=3))))) == [Wait(3, held=True), Abort()]


def test_a_fault_behind_the_body_happens_at_its_end():
    assert shown(Playback(body=b"a", faults=(Reset(at=99),))) == [b"1\r\na\r\n", Abort()]
    assert shown(Playback(body=b"", faults=(Hang(at=0, limit=1),)))[:2] == [Wait(1, held=True), b"0\r\n\r\n"]


def test_a_playback_can_be_kept_in_a_file():
    faults = (Reset(at=1), Hang(), PrematureClose(), HalfChunk(at=2), Trickle(size=3), WrongLength(by=-1), Gzip(at=4))
    playback = Playback(body=(b"\x00\xff",), faults=faults, headers=(("a", "b"),), pauses=(0.5,))
    assert msgspec.json.decode(msgspec.json.encode(playback), type=Playback) == playback


def test_what_can_be_played():
    class Recorded:
        def playback(self):
            return Playback(body=b"r")

    assert as_playback("ä").body == "ä".encode()
    assert as_playback(iter([b"a", b"b"])).body == (b"a", b"b")
    assert as_playback(b"{}", "application/json").content_type == "application/json"
    assert as_playback(Recorded()) == Playback(body=b"r")
