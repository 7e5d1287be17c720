"""Cohere's v1 chat events (`event_type`): whole calls without ids, citations in batches, counts in the end frame."""

from collections.abc import Callable, Iterable

from streamkit.dialects.cohere import wire
from streamkit.dialects.cohere.ending import ended
from streamkit.dialects.json_text import json_text
from streamkit.dialects.keyed_calls import KeyedCalls
from streamkit.dialects.surrogates import scrub
from streamkit.dialects.tolerance import Halves
from streamkit.events import (
    AnnotationAdded,
    ArgumentsDelta,
    Event,
    ItemFinished,
    ItemStarted,
    Key,
    MetadataReported,
    ReasoningDelta,
    ResponseStarted,
    TextDelta,
)
from streamkit.jsontypes import Json, JsonObject

__all__ = ["VersionOne"]

Events = Iterable[Event]

MESSAGE: Key = 0
PLAN: Key = "plan"


class VersionOne:
    """Reads v1 events.

    Args:
        calls: numbers the calls of the stream.
        halves: joins characters that come in two halves.
    """

    def __init__(self, calls: KeyedCalls, halves: Halves) -> None:
        self._calls = calls
        self._halves = halves
        self._streamed: dict[int, Key] = {}
        self._planning = False
        self.table: dict[type, Callable[[Json], Events]] = {
            wire.TextGeneration: self._text,
            wire.StreamStart: lambda event: (ResponseStarted(response_id=event.generation_id or ""),),
            wire.SearchQueries: lambda event: [MetadataReported(metadata={"search_queries": event.search_queries})],
            wire.SearchResults: self._found,
            wire.Citations: self._cited,
            wire.ToolCallsChunk: self._chunk,
            wire.ToolCalls: self._whole,
            wire.StreamEnd: self._end,
            wire.DebugV1: lambda event: [MetadataReported(metadata={"prompt": event.prompt})],
        }

    def _text(self, event: wire.TextGeneration) -> Events:
        if self._halves.met:
            return self._halves.delta(event.text or "", key=MESSAGE)
        return (TextDelta(key=MESSAGE, text=event.text),) if event.text else ()

    def _found(self, event: wire.SearchResults) -> Events:
        told: JsonObject = {"search_results": event.search_results, "documents": event.documents}
        return [MetadataReported(metadata={name: value for name, value in told.items() if value is not None})]

    def _cited(self, event: wire.Citations) -> Events:
        return [AnnotationAdded(key=MESSAGE, annotation=citation) for citation in event.citations or ()]

    def _plan(self, text: str | None) -> list[Event]:
        if not text:
            return []
        piece = ReasoningDelta(key=PLAN, text=scrub(text) if self._halves.met else text, kind="plan")
        if self._planning:
            return [piece]
        self._planning = True
        return [ItemStarted(key=PLAN, type="tool_plan"), piece]

    def _planned(self) -> list[Event]:
        """The plan is over where the calls begin."""
        if not self._planning:
            return []
        self._planning = False
        return [ItemFinished(key=PLAN)]

    def _chunk(self, event: wire.ToolCallsChunk) -> Events:
        out = self._plan(event.text)
        piece = event.tool_call_delta
        if piece is None:
            return out
        out += self._plan(piece.text)
        if piece.name and piece.index not in self._streamed:
            out += self._planned()
            self._streamed[piece.index] = self._calls.begin(0, piece.name, "", None, out)
        if piece.parameters:
            key = self._streamed.setdefault(piece.index, ("call", "unannounced", piece.index))
            out.append(ArgumentsDelta(key=key, text=piece.parameters))
        return out

    def _whole(self, event: wire.ToolCalls) -> Events:
        """The calls as they are; those that were streamed before are over."""
        out: list[Event] = [] if self._streamed or self._planning else self._plan(event.text)
        out += self._planned()
        for index, call in enumerate(event.tool_calls or ()):
            key = self._streamed.pop(index, None)
            if key is not None:
                out.append(ItemFinished(key=key))
            else:
                text = "" if call.parameters is None else json_text(call.parameters)
                out += self._calls.whole(0, call.name or "", "", text)
        return out

    def _end(self, event: wire.StreamEnd) -> Events:
        out = [*self._halves.flush(), *self._planned()]
        response = event.response
        if response is not None and response.response_id:
            out.append(MetadataReported(metadata={"response_id": response.response_id}))
        meta = response.meta if response is not None else None
        if meta is not None and meta.tokens is not None:
            out.append(MetadataReported(metadata={"tokens": meta.tokens}))
        counts = (meta.billed_units or meta.tokens) if meta is not None else None
        return out + ended(event.finish_reason, counts, event.error)
