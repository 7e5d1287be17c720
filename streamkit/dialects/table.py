"""The table of dialects: a name, and where its constant stands. A module is imported when its dialect is asked for."""

from functools import cache
from importlib import import_module
from typing import Any

from streamkit.dialects.base import Dialect
from streamkit.errors import UnknownDialect

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
        UnknownDialect: there is none.
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
    loaded: Dialect = entry.load()
    return loaded


def all_dialects() -> tuple[Dialect, ...]:
    """Every dialect."""
    return tuple(dialect_named(name) for name in dialect_names())
