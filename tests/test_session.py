"""The four ways in which a stream ends, without I/O."""

import pytest

import streamkit
from streamkit.errors import ErrorInfo, error_from
from streamkit.events import KeepAlive, StreamEnded, TextDelta
from streamkit.pipeline import Pipeline
from streamkit.recipe import standard
from streamkit.session import Session
from streamkit.testing.grammar import check


def chunk(text, finish="null"):
    choice = '{"index":0,"delta":{"content":"%s"},"finish_reason":%s}'.replace("%s", text, 1).replace("%s", finish)
    return b'{"id":"c1","object":"chat.completion.chunk","model":"m","choices":[' + choice.encode() + b"]}"


def sse(*payloads):
    return b"".join(b"data: " + payload + b"\n\n" for payload in payloads)


HALF = sse(chunk("half"))
WHOLE = HALF + sse(chunk("", '"stop"'), b"[DONE]")


def opened(data=b"", *stages, **options):
    session = Session(standard("chat", *stages, **options))
    log = list(session.feed(data)) if data else []
    return session, log


def ended(log):
    check(log)
    return log[-1]


def test_the_end_of_input_after_a_whole_answer():
    session, log = opened(WHOLE)
    assert session.response.ending is None
    end = ended([*log, *session.finish()])
    assert (end.ending, end.error, end.terminal_seen) == ("completed", None, True)
    assert session.failure() is None
    assert session.response.text == "half"


def test_the_end_of_input_in_mid_answer():
    session, log = opened(HALF)
    end = ended([*log, *session.finish()])
    assert (end.ending, end.error.kind) == ("truncated", "truncated")
    failure = session.failure()
    assert isinstance(failure, streamkit.TruncatedError)
    assert failure.partial == session.response


def test_a_broken_connection_keeps_its_cause():
    session, log = opened(HALF)
    cause = ConnectionResetError("gone")
    assert ended([*log, *session.broken(cause)]).ending == "disconnected"
    failure = session.failure()
    assert isinstance(failure, streamkit.TransportError)
    assert failure.__cause__ is cause
    assert failure.partial.text == "half"


def test_a_broken_connection_behind_the_end_is_harmless_h16():
    session, log = opened(WHOLE)
    assert ended([*log, *session.broken(ConnectionResetError("gone"))]).ending == "completed"
    assert session.failure() is None


@pytest.mark.parametrize(
    ("kind", "ending"), [("transport", "disconnected"), ("wire", "failed"), ("provider", "failed")]
)
def test_a_source_may_raise_a_stream_error_of_its_own(kind, ending):
    cause = error_from(ErrorInfo(kind=kind, message="boom", code="x"))
    cause.__cause__ = origin = ConnectionResetError("gone")
    session, log = opened(HALF)
    assert ended([*log, *session.broken(cause)]).ending == ending
    failure = session.failure()
    assert type(failure) is type(cause)
    assert (failure.info, failure.partial.text) == (cause.info, "half")
    assert failure.__cause__ is origin  # the same error is not told twice


def test_a_providers_error_outweighs_what_the_source_raised():
    cause = error_from(ErrorInfo(kind="transport", message="boom", code="x"))
    session, _ = opened(HALF + b'data: {"error":{"message":"overloaded","type":"overloaded_error"}}\n\n')
    session.broken(cause)
    failure = session.failure()
    assert isinstance(failure, streamkit.Overloaded)
    assert failure.__cause__ is cause


def test_a_deadline():
    session, log = opened(HALF)
    stall = ErrorInfo(kind="stall", message="silence", phase="idle", waited=1.0)
    end = ended([*log, *session.finish(ending="stalled", error=stall)])
    assert (end.ending, end.error) == ("stalled", stall)
    assert isinstance(session.failure(), streamkit.StallError)


def test_cancellation_is_no_failure():
    session, log = opened(HALF)
    assert ended([*log, *session.finish(ending="cancelled")]).ending == "cancelled"
    assert session.failure() is None
    assert (session.response.text, session.response.finish_reason) == ("half", "cancelled")


def test_a_halt_outweighs_how_reading_ended():
    session, log = opened(HALF + sse(chunk("more")), limits=streamkit.Limits(text=5))
    assert session.halted
    end = ended([*log, *session.finish(ending="cancelled")])
    assert (end.ending, end.error.kind) == ("failed", "limit")
    assert isinstance(session.failure(), streamkit.LimitExceeded)


def test_a_refusal_of_strict_mode_is_named_as_such():
    session, log = opened(b"data:" + chunk("x")[:-1] + b"\n\n", strict=True)
    end = ended([*log, *session.finish()])
    assert (session.halted, end.ending) == (True, "refused")
    assert isinstance(session.failure(), streamkit.QuirkRefused)


def test_a_halt_in_a_segment_ahead_counts_too():
    whole = standard("chat", limits=streamkit.Limits(line=10))
    head, tail = Pipeline(*whole.stages[:-1]), Pipeline(whole.stages[-1])
    session = Session(tail, [head])
    assert not session.halted
    for event in head.feed(HALF):
        session.feed(event)
    assert session.halted
    [end] = session.finish()
    assert (end.ending, end.error.limit) == ("failed", "line")


def test_the_providers_own_error_is_the_one_that_is_raised():
    session, log = opened(HALF + sse(b'{"error":{"message":"slow down","code":"rate_limit_exceeded"}}'))
    check([*log, *session.broken(ConnectionResetError("gone"))])
    assert isinstance(session.failure(), streamkit.RateLimited)


def test_what_stages_hold_back_comes_before_the_farewell():
    class Holding:
        handles = (TextDelta,)

        def __init__(self):
            self.held = []

        def feed(self, event):
            self.held.append(event)
            return ()

        def close(self):
            return [*self.held, KeepAlive(comment="last")]

    session, log = opened(HALF, Holding())
    assert not [event for event in log if isinstance(event, TextDelta)]
    last = session.finish()
    assert [type(event) for event in last if not isinstance(event, streamkit.QuirkSeen)][-2:] == [
        KeepAlive,
        StreamEnded,
    ]
    assert session.response.text == "half"


def test_a_finished_session_refuses_more():
    session, _ = opened(WHOLE)
    session.finish()
    with pytest.raises(streamkit.ClosedPipeline):
        session.feed(b"x")
