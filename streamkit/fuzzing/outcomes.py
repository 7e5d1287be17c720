"""What a client made of a stream, in words that can be compared: text, calls, or a failure."""

from collections.abc import Iterable, Mapping
from typing import TypeGuard

import msgspec

from streamkit.errors import UsageError
from streamkit.jsontypes import Json, JsonObject, is_array, is_object

__all__ = ["Call", "Outcome", "encoded", "outcome_of", "runnable"]


class Call(msgspec.Struct, frozen=True):
    """A tool call as the client returns it."""

    name: str
    arguments: Json = None
    """JSON text, or the value that it means."""


class Outcome(msgspec.Struct, kw_only=True, frozen=True):
    """What came of one run of the client."""

    text: str = ""
    tool_calls: tuple[Call, ...] = ()
    error: str = ""
    """What it raised, or reported as a failure; it must not be empty where it did."""
    hung: bool = False
    """It was not done within the time limit."""
    died: bool = False
    """Its process ended."""


def outcome_of(value: Json) -> Outcome:
    """What a target returned: a mapping, a tuple of text and calls, a string, or any object with such attributes.

    Raises:
        UsageError: it is none of these.
    """
    if isinstance(value, str):
        return Outcome(text=value)
    pair = _pair(value)
    if pair is not None:
        return Outcome(text=_text(pair[0]), tool_calls=_calls(pair[1]))
    if value is not None and (_has(value, "text") or _has(value, "tool_calls")):
        error = _member(value, "error")
        return Outcome(
            text=_text(_member(value, "text")), tool_calls=_calls(_member(value, "tool_calls")), error=str(error or "")
        )
    raise UsageError(f"a target returns text and tool_calls, not {type(value).__name__}")


def runnable(arguments: Json) -> JsonObject | None:
    """The object that a caller would run a tool with; None where the arguments are none. No arguments mean `{}`."""
    if isinstance(arguments, str):
        try:
            arguments = msgspec.json.decode(arguments) if arguments.strip() else None
        except (msgspec.DecodeError, UnicodeEncodeError):
            return None
    if arguments is None:
        return {}
    return arguments if is_object(arguments) else None


def encoded(outcome: Outcome) -> bytes:
    """The outcome as one line of JSON; half surrogate pairs, which JSON cannot carry, are escaped once more."""
    try:
        return msgspec.json.encode(outcome, enc_hook=repr)
    except UnicodeEncodeError:
        calls = [{"name": call.name, "arguments": call.arguments} for call in outcome.tool_calls]
        told = {"text": outcome.text, "tool_calls": calls, "error": outcome.error}
        return msgspec.json.encode(_escaped(told), enc_hook=repr)
    except Exception as fault:  # noqa: BLE001 - a value that cannot be written is the client's doing, whatever it is
        return msgspec.json.encode(Outcome(error=f"its result could not be written: {type(fault).__name__}"))


def _pair(value: Json) -> tuple[Json, Json] | None:
    return (value[0], value[1]) if _is_tuple(value) and len(value) == 2 else None


def _has(value: Json, name: str) -> bool:
    return name in value if _is_mapping(value) else hasattr(value, name)


def _is_tuple(value: Json) -> TypeGuard[tuple[Json, ...]]:
    return isinstance(value, tuple)


def _is_mapping(value: Json) -> TypeGuard[Mapping[str, Json]]:
    return isinstance(value, Mapping)


def _is_iterable(value: Json) -> TypeGuard[Iterable[Json]]:
    return isinstance(value, Iterable)


def _member(value: Json, name: str) -> Json:
    return value.get(name) if _is_mapping(value) else getattr(value, name, None)


def _escaped(value: Json) -> Json:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if is_object(value):
        return {_escaped(name): _escaped(inner) for name, inner in value.items()}
    return [_escaped(inner) for inner in value] if is_array(value) else value


def _text(value: Json) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _calls(value: Json) -> tuple[Call, ...]:
    if value is None:
        return ()
    if not _is_iterable(value) or isinstance(value, str | Mapping):
        raise UsageError("tool_calls is a list")
    return tuple(_call(call) for call in value)


def _call(value: Json) -> Call:
    pair = _pair(value)
    if pair is not None:
        return Call(_text(pair[0]), pair[1])
    if not _has(value, "name"):
        raise UsageError("a tool call has a name and arguments")
    return Call(_text(_member(value, "name")), _member(value, "arguments"))
