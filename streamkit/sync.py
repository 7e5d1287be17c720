"""The synchronous face: bytes that you have, or read yourself, without an event loop."""

from collections.abc import Collection, Generator, Iterable, Iterator
from functools import partial
from typing import Any, Literal

from streamkit.checks import bytes_of, check_charset, check_on_error, pieces_of, stages_of
from streamkit.dialects.base import Dialect
from streamkit.events import Event
from streamkit.faults import is_transport
from streamkit.limits import DEFAULT_LIMITS, Limits
from streamkit.profile import DEFAULT_PROFILE, Profile
from streamkit.recipe import standard
from streamkit.response import Response
from streamkit.session import Session
from streamkit.stages.strict import Strict

__all__ = ["assemble", "iter_events"]

OnError = Literal["raise", "event"]


def assemble(
    chunks: Iterable[bytes | bytearray | memoryview] | bytes | bytearray | memoryview,
    dialect: str | Dialect | None = None,
    *,
    on_error: OnError = "raise",
    stages: Iterable[Any] = (),
    limits: Limits = DEFAULT_LIMITS,
    strict: Strict | bool = False,
    charset: str | None = None,
    tools: Collection[str] | None = None,
    profile: Profile = DEFAULT_PROFILE,
) -> Response:
    """The response that these bytes amount to, in whatever pieces they come.

    Args:
        chunks: an iterable of bytes (or the bytes themselves), such as `response.iter_bytes()` or a file that was
            opened with `"rb"`. A generator is closed at the end.
        dialect: a name, a `Dialect`, or None (or `"auto"`) to recognise it from the first frames.
        on_error: `"raise"` raises after everything was read, the error's `partial` is the response; `"event"` returns
            the response with its `errors`.
        stages: your own push stages. What they raise is raised as it is; `iter_events` delivers what came out before.
        limits: every bound.
        strict: refuse tolerances: True, or a `Strict` stage.
        charset: the body's charset, if it is not UTF-8.
        tools: names of the tools that were offered (D36, D39).
        profile: what is known of this endpoint that its bytes do not tell.

    Raises:
        StreamError: the stream failed (`on_error="raise"`).
        UnknownDialect: no dialect has that name.
        UsageError: `chunks` gives no bytes, or an option is none of what it may be. What else a generator of yours
            raises, if it is no broken connection, is raised as it is.
    """
    session = _session(dialect, on_error, stages, limits, strict, charset, tools, profile)
    pieces = pieces_of(chunks)
    feed, pipeline = session.feed, session.pipeline
    reading = True
    try:
        for chunk in pieces:
            reading = False
            feed(chunk if type(chunk) is bytes else bytes_of(chunk))
            if pipeline.halted is not None:
                break
            reading = True
        reading = False
        session.finish()
    except Exception as cause:
        if not (reading and is_transport(cause)):  # not the connection failed, but something of the caller's
            session.abandon(cause)
            raise
        session.broken(cause)
    finally:
        _close(pieces)
    error = session.failure()
    if error is not None and on_error == "raise":
        raise error
    return session.response


def iter_events(
    chunks: Iterable[bytes | bytearray | memoryview] | bytes | bytearray | memoryview,
    dialect: str | Dialect | None = None,
    *,
    on_error: OnError = "raise",
    stages: Iterable[Any] = (),
    limits: Limits = DEFAULT_LIMITS,
    strict: Strict | bool = False,
    charset: str | None = None,
    tools: Collection[str] | None = None,
    profile: Profile = DEFAULT_PROFILE,
) -> Iterator[Event]:
    """The events of these bytes, one by one as they arrive; `assemble` has the arguments.

    Raises:
        StreamError: the stream failed (`on_error="raise"`); raised after the last event.
        UsageError: as for `assemble`, at the call.
    """
    session = _session(dialect, on_error, stages, limits, strict, charset, tools, profile)
    return _events(session, pieces_of(chunks), on_error)


def _events(session: Session, pieces: Iterable[Any], on_error: OnError) -> Iterator[Event]:
    feed, pipeline = session.feed, session.pipeline
    mine: Exception | None
    reading = True
    try:
        try:
            for chunk in pieces:
                reading = False
                given = chunk if type(chunk) is bytes else bytes_of(chunk)
                for event in feed(given):  # noqa: UP028 - `yield from` costs a tenth of a microsecond more an event
                    yield event
                if pipeline.halted is not None:
                    break
                reading = True
        except Exception as cause:  # noqa: BLE001 - raised again, or told, behind the last events
            if not reading:  # a stage of the caller's, or a chunk that holds no bytes
                last, mine = session.rescued, cause
            elif is_transport(cause):
                last, mine = session.last(partial(session.broken, cause))
            else:
                last, mine = session.last(partial(session.finish, ending="cancelled"))[0], cause
        else:
            last, mine = session.last(session.finish)
        yield from last
    except BaseException as left:  # also a reader that goes away
        session.abandon(left)
        raise
    finally:
        _close(pieces)
    if mine is not None:
        session.abandon(mine)
        raise mine
    error = session.failure()
    if error is not None and on_error == "raise":
        raise error


def _session(
    dialect: str | Dialect | None,
    on_error: OnError,
    stages: Iterable[Any],
    limits: Limits,
    strict: Strict | bool,
    charset: str | None,
    tools: Collection[str] | None,
    profile: Profile,
) -> Session:
    check_on_error(on_error)
    check_charset(charset)
    given = stages_of(stages, push_only=True)
    return Session(
        standard(dialect, *given, limits=limits, strict=strict, charset=charset, tools=tools, profile=profile)
    )


def _close(pieces: Iterable[Any]) -> None:
    """A generator is closed with the stream; files and responses stay the caller's own."""
    if isinstance(pieces, Generator):
        pieces.close()
