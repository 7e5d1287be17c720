import socket
import ssl

import pytest

from streamkit.errors import ErrorInfo, LimitExceeded, StreamError
from streamkit.faults.connections import cut_phrase, is_transport, transport_error


@pytest.mark.parametrize(
    ("line", "cut"),
    [("upstream error: read ECONNRESET", True), ("stream closed unexpectedly", True), ("hello there", False)],
)
def test_g26_phrases_of_a_cut(line, cut):
    assert cut_phrase(line) is cut


class ReadError(Exception):
    """Named as httpx names it."""


class ConnectTimeout(Exception):
    """Likewise."""


def caused(outer, inner):
    outer.__cause__ = inner
    return outer


@pytest.mark.parametrize(
    ("exc", "code", "retryable"),
    [
        (ConnectionResetError(104, "Connection reset by peer"), "connection_reset", True),
        (caused(ReadError(""), ConnectionResetError()), "connection_reset", True),
        (
            ReadError("peer closed connection without sending complete message body (incomplete chunked read)"),
            "incomplete_read",
            True,
        ),
        (OSError("[Errno 110] ETIMEDOUT"), "read_timeout", True),
        (ReadError("<StreamReset stream_id:1, error_code:2>"), "stream_reset", True),
        (ReadError("GOAWAY received"), "connection_terminated", True),
        (ssl.SSLEOFError("TLS EOF"), "tls_error", True),
        (ssl.SSLCertVerificationError("certificate verify failed"), "tls_certificate", False),
        (TimeoutError(), "timeout", True),
        (caused(ConnectTimeout(), TimeoutError()), "connect_timeout", True),
        (RuntimeError("Event loop is closed"), "dead_event_loop", False),
        (ExceptionGroup("g", [ConnectionRefusedError()]), "connection_refused", True),
        (ReadError(), "read_error", True),
        (ReadError(OSError("[Errno 111] Connection refused")), "connection_refused", True),
        (ValueError("odd"), "transport_error", True),
    ],
)
def test_h08_spellings_of_a_dead_connection(exc, code, retryable):
    info = transport_error(exc)
    assert (info.kind, info.code, info.retryable) == ("transport", code, retryable)


def test_h08_message_is_the_deepest_and_the_outer_ones_are_kept():
    info = transport_error(caused(ReadError("outer"), OSError("inner sk-1234567890ab")))
    assert (info.message, info.chain) == ("the connection broke: inner sk-*** (ReadError)", ("outer",))


def test_h08_a_host_that_is_not_known_is_no_broken_connection():
    info = transport_error(caused(ReadError(""), socket.gaierror(-2, "Name or service not known")))
    assert info.code == "name_resolution"
    assert info.message == "no such host is known: [Errno -2] Name or service not known (ReadError)"
    assert "host in the URL" in info.hint


@pytest.mark.parametrize("name", ["StreamClosed", "StreamConsumed", "ResponseNotRead"])
def test_a_response_that_is_read_when_it_cannot_be_is_a_mistake_of_the_reader(name):
    assert not is_transport(type(name, (RuntimeError,), {"__module__": "httpx"})("closed"))


def test_h08_circular_causes_end():
    first, second = ReadError("a"), ReadError("b")
    first.__cause__, second.__cause__ = second, first
    assert transport_error(first).code == "read_error"


def test_h22_a_dead_loop_is_explained():
    assert "make a new one" in transport_error(RuntimeError("Event loop is closed")).hint


def test_a_refused_connection_is_no_broken_one():
    info = transport_error(ConnectionRefusedError(111, "Connect call failed"))
    assert info.message.startswith("nothing listens at this address: ")
    assert "whether the server is running" in info.hint


def test_an_error_with_facts_of_its_own_keeps_them():
    info = ErrorInfo(kind="limit", message="m", limit="body", size=3)
    assert transport_error(caused(ReadError(), LimitExceeded(info))) is info


def test_error_text_shows_code_and_hint():
    assert str(StreamError(ErrorInfo(kind="wire", message="m"))) == "m"
    assert str(StreamError(ErrorInfo(kind="wire", message="m", code="c", hint="h"))) == "m [c] (h)"
