"""What callers hand over, checked once, at the call: a mistake of theirs is never told as a fault of the stream."""

from collections.abc import Callable, Collection, Iterable, Sized
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from io import TextIOBase
from os import PathLike
from types import UnionType
from typing import Any, cast

from streamkit.dialects.base import Dialect
from streamkit.errors import UsageError
from streamkit.frames import Frame
from streamkit.limits import Limits
from streamkit.profile import Profile
from streamkit.stages.strict import Strict
from streamkit.stages.watchdog import Watchdog

__all__ = [
    "bytes_of",
    "check_charset",
    "check_on_error",
    "check_options",
    "check_stage",
    "pieces_of",
    "stages_of",
    "stages_or_maker",
]

Piece = bytes | Frame


def check_options(
    dialect: object, limits: object, watchdog: object, strict: object, tools: object, profile: object
) -> None:
    """Refuse options that are none of what they may be.

    Raises:
        UsageError: it says which one, and what is allowed.
    """
    if not (dialect is None or isinstance(dialect, str | Dialect)):
        raise _not("dialect", dialect, 'a name such as "chat", a Dialect, or None to recognise it')
    if not isinstance(limits, Limits):
        raise _not("limits", limits, "a Limits object; leave it out for the default bounds")
    if not (watchdog is None or isinstance(watchdog, Watchdog)):
        raise _not("watchdog", watchdog, "a Watchdog, or None to wait for ever")
    if not isinstance(strict, bool | Strict):
        raise _not("strict", strict, "True, False, or a Strict stage")
    if not isinstance(profile, Profile):
        raise _not("profile", profile, "a Profile; leave it out where nothing is known of the endpoint")
    if tools is not None and (isinstance(tools, str | bytes) or not _names(tools)):
        raise _not("tools", tools, 'a collection of names such as {"search"}, or None')


def _names(tools: object) -> bool:
    return isinstance(tools, Collection) and all(isinstance(name, str) for name in cast("Collection[object]", tools))


def check_on_error(on_error: object) -> None:
    """Refuse anything but the two ways to tell errors.

    Raises:
        UsageError: it is neither.
    """
    if on_error not in ("raise", "event"):
        raise UsageError(f'on_error={_shown(on_error)} is not allowed: "raise" or "event"')


def check_charset(charset: object) -> None:
    """Refuse a charset that Python does not know.

    Raises:
        UsageError: no text encoding has that name.
    """
    if charset is None:
        return
    if not isinstance(charset, str):
        raise _not("charset", charset, 'the name of an encoding such as "latin-1", or None for UTF-8')
    try:
        "a".encode(charset or "utf-8")
    except (LookupError, ValueError):
        raise UsageError(
            f'charset={_shown(charset)} is no encoding that Python knows; give one such as "latin-1", or None for UTF-8'
        ) from None


def stages_of(stages: Any, *, push_only: bool = False) -> tuple[Any, ...]:
    """A caller's stages, each one checked.

    Raises:
        UsageError: they are no collection of stages, or (`push_only`) one is an async stage.
    """
    if isinstance(stages, str | bytes) or not isinstance(stages, Iterable):
        raise _not("stages", stages, "a list of stages")
    given = tuple(cast("Any", stages))
    for stage in given:
        check_stage(stage)
        if push_only and not hasattr(stage, "feed"):
            raise UsageError(f"{_shown(stage)} has no feed(): async stages need open_stream()")
    return given


def stages_or_maker(stages: Any) -> tuple[Any, ...] | Callable[[], Iterable[Any]]:
    """A caller's stages, each one checked, or the function that makes them, which is not called yet.

    Raises:
        UsageError: they are neither, or one of them is no stage.
    """
    if isasyncgenfunction(stages) or hasattr(stages, "feed"):
        raise _not("stages", stages, "a list of stages, or a function that makes one; put this one into a list")
    if not callable(stages):
        return stages_of(stages)
    return cast("Callable[[], Iterable[Any]]", stages)


def check_stage(stage: Any) -> None:
    """Refuse what cannot stand in a pipeline.

    Raises:
        UsageError: it is neither a push stage nor an async generator function.
    """
    if isinstance(stage, type) and hasattr(stage, "feed"):
        raise UsageError(f"{stage.__name__} is a class: give a stage made of it, {stage.__name__}(…)")
    if callable(getattr(stage, "feed", None)):
        if not callable(getattr(stage, "close", None)):
            raise UsageError(f"{_shown(stage)} is no stage: it has no close(); return () there if nothing is held back")
        _check_handles(getattr(stage, "handles", None))
    elif isgeneratorfunction(stage) or iscoroutinefunction(stage):
        raise UsageError(f"{_shown(stage)} is no stage: as a function it must be an async generator (async def, yield)")
    elif not callable(stage) or isinstance(stage, type):
        raise UsageError(f"{_shown(stage)} is no stage: it has no feed(), and is no async generator function")


def _check_handles(handles: Any) -> None:
    """Refuse what no class of items can be looked up in."""
    if handles is None:
        return
    if not isinstance(handles, tuple) or not all(
        isinstance(kind, type | UnionType) for kind in cast("tuple[object, ...]", handles)
    ):
        raise _not(
            "handles", cast("object", handles), "a tuple of classes such as (TextDelta,), or None for every item"
        )


def pieces_of(chunks: Any) -> Iterable[Any]:
    """What the sync face can iterate over: the bytes themselves, or an iterable that promises to give some.

    Raises:
        UsageError: it cannot give bytes; the message says what can.
    """
    if isinstance(chunks, bytes | bytearray | memoryview):
        return (bytes(cast("bytes", chunks)),)
    kind = type(chunks).__name__
    if isinstance(chunks, str | PathLike):
        raise UsageError(f'cannot read a stream from {kind}: bytes are needed; for a file, give open(path, "rb")')
    if isinstance(chunks, TextIOBase):
        raise UsageError('cannot read a stream from a file in text mode: open it with open(path, "rb")')
    if hasattr(chunks, "iter_bytes"):
        raise UsageError(f"cannot read a stream from {kind} itself: give its bytes, response.iter_bytes()")
    if isinstance(chunks, type) or not hasattr(chunks, "__iter__"):
        hint = "; open_stream() reads what is asynchronous" if hasattr(chunks, "__aiter__") else ""
        raise UsageError(f"cannot read a stream from {kind}: it is neither bytes nor an iterable of bytes{hint}")
    given: Iterable[Any] = chunks
    return given


def bytes_of(chunk: Any) -> Piece:
    """A chunk of another class than bytes, as bytes.

    Raises:
        UsageError: it holds none.
    """
    if isinstance(chunk, bytes | Frame):
        return chunk
    if isinstance(chunk, bytearray | memoryview):
        return bytes(cast("bytes", chunk))
    hint = (
        '; give response.iter_bytes() in place of lines or text, a file from open(path, "rb"), or text.encode()'
        if isinstance(chunk, str)
        else ""
    )
    raise UsageError(f"the chunks of a stream must be bytes, not {type(chunk).__name__}{hint}")


def _not(name: str, value: object, allowed: str) -> UsageError:
    return UsageError(f"{name}={_shown(value)} is not allowed: {allowed}")


def _shown(value: object) -> str:
    text = repr(value)
    if len(text) <= 80:
        return text
    return f"{type(value).__name__} of {len(value)}" if isinstance(value, Sized) else f"a {type(value).__name__}"
