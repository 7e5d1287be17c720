"""The synchronous face: bytes that you have, or read yourself, without an event loop."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any, Literal

from streamkit.dialects.base import Dialect
from streamkit.events import Event
from streamkit.limits import DEFAULT_LIMITS, Limits
from streamkit.profile import DEFAULT_PROFILE, Profile
from streamkit.recipe import standard
from streamkit.response import Response
from streamkit.session import Session
from streamkit.stages.strict import Strict

__all__ = ["assemble", "iter_events"]

OnError = Literal["raise", "event"]


def assemble(
    chunks: Iterable[bytes] | bytes,
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
        chunks: an iterable of bytes (or the bytes themselves).
        dialect: a name, a `Dialect`, or None (or `"auto"`) to recognise it from the first frames.
        on_error: `"raise"` raises after everything was read, the error's `partial` is the response; `"event"` returns
            the response with its `errors`.
        stages: your own push stages.
        limits: every bound.
        strict: refuse tolerances: True, or a `Strict` stage.
        charset: the body's charset, if it is not UTF-8.
        tools: names of the tools that were offered (D36, D39).
        profile: what is known of this endpoint that its bytes do not tell.

    Raises:
        StreamError: the stream failed (`on_error="raise"`).
        UnknownDialect: no dialect has that name.
    """
    session = Session(
        standard(dialect, *stages, limits=limits, strict=strict, charset=charset, tools=tools, profile=profile)
    )
    feed, pipeline = session.feed, session.pipeline
    reading = True
    try:
        for chunk in _pieces(chunks):
            reading = False
            feed(chunk)
            if pipeline.halted is not None:
                break
            reading = True
    except Exception as cause:
        if not reading:  # not the source failed, but a stage of the caller's
            raise
        session.broken(cause)
    else:
        session.finish()
    error = session.failure()
    if error is not None and on_error == "raise":
        raise error
    return session.response


def iter_events(
    chunks: Iterable[bytes] | bytes,
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
        UnknownDialect: no dialect has that name.
    """
    session = Session(
        standard(dialect, *stages, limits=limits, strict=strict, charset=charset, tools=tools, profile=profile)
    )
    feed, pipeline = session.feed, session.pipeline
    reading = True
    try:
        for chunk in _pieces(chunks):
            reading = False
            yield from feed(chunk)
            if pipeline.halted is not None:
                break
            reading = True
    except Exception as cause:
        if not reading:  # not the source failed, but a stage of the caller's
            raise
        last = session.broken(cause)
    else:
        last = session.finish()
    yield from last
    error = session.failure()
    if error is not None and on_error == "raise":
        raise error


def _pieces(chunks: Iterable[bytes] | bytes) -> Iterable[bytes]:
    return (bytes(chunks),) if isinstance(chunks, bytes | bytearray | memoryview) else chunks
