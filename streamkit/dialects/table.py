"""The table of dialects: a name, and where its constant stands. A module is imported when its dialect is asked for.

What another package brings may be broken. Whoever names such a dialect is told so; nobody else is to suffer for it.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from msgspec.structs import replace

from streamkit.dialects.base import NO, Dialect
from streamkit.errors import UnknownDialect
from streamkit.frames import Frame
from streamkit.logs import logger

__all__ = ["all_dialects", "dialect_named", "dialect_names"]

BUILT_IN = {
    "responses": "streamkit.dialects.responses:RESPONSES",
    "chat": "streamkit.dialects.chat:CHAT",
    "anthropic": "streamkit.dialects.anthropic:ANTHROPIC",
    "gemini": "streamkit.dialects.gemini:GEMINI",
    "gemini-interactions": "streamkit.dialects.interactions:INTERACTIONS",
    "bedrock": "streamkit.dialects.bedrock:BEDROCK",
    "bedrock-invoke": "streamkit.dialects.bedrock:BEDROCK_INVOKE",
    "bedrock-agent": "streamkit.dialects.bedrock:BEDROCK_AGENT",
    "cohere": "streamkit.dialects.cohere:COHERE",
    "ollama": "streamkit.dialects.ollama:OLLAMA",
    "completions": "streamkit.dialects.completions:COMPLETIONS",
    "mistral-conversations": "streamkit.dialects.mistral_conversations:MISTRAL_CONVERSATIONS",
    "assistants": "streamkit.dialects.assistants:ASSISTANTS",
    "transcription": "streamkit.dialects.transcription:TRANSCRIPTION",
    "anthropic-completions": "streamkit.dialects.anthropic_completions:ANTHROPIC_COMPLETIONS",
    "watsonx": "streamkit.dialects.watsonx:WATSONX",
    "writer": "streamkit.dialects.writer:WRITER",
    "replicate": "streamkit.dialects.replicate:REPLICATE",
}

ENTRY_POINTS = "streamkit.dialects"
"""Entry-point group under which third parties announce a `Dialect` constant."""


@cache
def _third_party() -> dict[str, Any]:
    from importlib import metadata  # noqa: PLC0415 - slow to import, and seldom needed

    return {entry.name: entry for entry in metadata.entry_points(group=ENTRY_POINTS)}


def dialect_names() -> tuple[str, ...]:
    """The names of all dialects, the built-in ones first."""
    return (*BUILT_IN, *(name for name in _third_party() if name not in BUILT_IN))


@cache
def dialect_named(name: str) -> Dialect:
    """The dialect of this name.

    Raises:
        UnknownDialect: there is none, or the package that brings it is broken.
    """
    place = BUILT_IN.get(name)
    if place is not None:
        module, _, constant = place.partition(":")
        found: Dialect = getattr(import_module(module), constant)
        return found
    entry = _third_party().get(name)
    if entry is None:
        raise UnknownDialect(
            f"there is no dialect {name!r}; known are {', '.join(dialect_names())}, or None to recognise"
        )
    try:
        loaded: object = entry.load()
    except Exception as exc:
        what = f"{type(exc).__name__}: {exc}"
        raise UnknownDialect(f"the dialect {name!r} ({entry.value}) cannot be loaded: {what}") from exc
    if not isinstance(loaded, Dialect):
        raise UnknownDialect(f"the dialect {name!r} ({entry.value}) is no Dialect but {type(loaded).__name__}")
    if loaded.name != name:
        raise UnknownDialect(f"the dialect {name!r} ({entry.value}) calls itself {loaded.name!r}; the names must agree")
    return replace(loaded, recognise=_guarded(loaded))


def _guarded(dialect: Dialect) -> Callable[[Frame], int]:
    """Its `recognise`, which knows nothing of a frame that it stumbles over: the frame may well be another's."""
    told = False

    def recognise(frame: Frame) -> int:
        nonlocal told
        try:
            return dialect.recognise(frame)
        except Exception as exc:  # noqa: BLE001 - another package's code, whatever it raises
            if not told:
                told = True
                logger().warning("dialect fails to recognise", dialect=dialect.name, reason=type(exc).__name__)
            return NO

    return recognise


@cache
def _usable(name: str) -> Dialect | None:
    try:
        return dialect_named(name)
    except UnknownDialect as why:
        logger().warning("dialect left out", dialect=name, reason=str(why))
        return None


def all_dialects() -> tuple[Dialect, ...]:
    """Every dialect that can be loaded."""
    return tuple(dialect for name in dialect_names() if (dialect := _usable(name)) is not None)
