"""The frames of Cohere's chat streams as strict types: v2 tagged by `type`, v1 by `event_type`."""

import msgspec

from streamkit.jsontypes import Json

__all__ = [
    "V1",
    "V2",
    "CallDelta",
    "CallEnd",
    "CallStart",
    "CitationEnd",
    "CitationStart",
    "Citations",
    "Content",
    "ContentDelta",
    "ContentEnd",
    "ContentStart",
    "Debug",
    "DebugV1",
    "MessageEnd",
    "MessageStart",
    "PlanDelta",
    "SearchQueries",
    "SearchResults",
    "StreamEnd",
    "StreamStart",
    "TextGeneration",
    "ToolCallV1",
    "ToolCalls",
    "ToolCallsChunk",
    "V1Event",
    "V2Event",
]


class Content(msgspec.Struct, gc=False):
    """A piece of one content block: text or thinking."""

    text: str | None = None
    thinking: str | None = None
    type: str | None = None


class ContentMessage(msgspec.Struct, gc=False):
    content: Content | None = None


class ContentHolder(msgspec.Struct, gc=False):
    message: ContentMessage | None = None


class MessageStart(msgspec.Struct, gc=False, tag_field="type", tag="message-start"):
    """The answer begins."""

    id: str | None = None
    delta: Json = None


class ContentStart(msgspec.Struct, gc=False, tag_field="type", tag="content-start"):
    """A content block begins."""

    index: int
    delta: ContentHolder | None = None
    logprobs: Json = None


class ContentDelta(msgspec.Struct, gc=False, tag_field="type", tag="content-delta"):
    """A piece of a content block, with the log probabilities of its tokens where they were asked for."""

    index: int
    delta: ContentHolder | None = None
    logprobs: Json = None


class ContentEnd(msgspec.Struct, gc=False, tag_field="type", tag="content-end"):
    """A content block is over."""

    index: int


class PlanMessage(msgspec.Struct, gc=False):
    tool_plan: str | None = None


class PlanHolder(msgspec.Struct, gc=False):
    message: PlanMessage | None = None


class PlanDelta(msgspec.Struct, gc=False, tag_field="type", tag="tool-plan-delta"):
    """A piece of the plan for the calls to come (F23)."""

    delta: PlanHolder | None = None


class Function(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: Json = None


class Call(msgspec.Struct, gc=False):
    id: str | None = None
    function: Function | None = None


class CallMessage(msgspec.Struct, gc=False):
    tool_calls: Call | None = None


class CallHolder(msgspec.Struct, gc=False):
    message: CallMessage | None = None


class CallStart(msgspec.Struct, gc=False, tag_field="type", tag="tool-call-start"):
    """A call begins."""

    index: int
    delta: CallHolder | None = None


class CallDelta(msgspec.Struct, gc=False, tag_field="type", tag="tool-call-delta"):
    """A piece of a call's arguments."""

    index: int
    delta: CallHolder | None = None


class CallEnd(msgspec.Struct, gc=False, tag_field="type", tag="tool-call-end"):
    """A call is over."""

    index: int


class CitationMessage(msgspec.Struct, gc=False):
    citations: Json = None


class CitationHolder(msgspec.Struct, gc=False):
    message: CitationMessage | None = None


class CitationStart(msgspec.Struct, gc=False, tag_field="type", tag="citation-start"):
    """A citation, whole."""

    delta: CitationHolder | None = None


class CitationEnd(msgspec.Struct, gc=False, tag_field="type", tag="citation-end"):
    """Says nothing new."""


class EndDelta(msgspec.Struct, gc=False):
    finish_reason: str | None = None
    usage: Json = None
    error: Json = None


class MessageEnd(msgspec.Struct, gc=False, tag_field="type", tag="message-end"):
    """The answer is over."""

    delta: EndDelta | None = None


class Debug(msgspec.Struct, gc=False, tag_field="type", tag="debug"):
    """The rendered prompt, where it was asked for."""

    prompt: str | None = None


V2Event = (
    MessageStart
    | ContentStart
    | ContentDelta
    | ContentEnd
    | PlanDelta
    | CallStart
    | CallDelta
    | CallEnd
    | CitationStart
    | CitationEnd
    | MessageEnd
    | Debug
)

V2: msgspec.json.Decoder[V2Event] = msgspec.json.Decoder(V2Event)


class StreamStart(msgspec.Struct, gc=False, tag_field="event_type", tag="stream-start"):
    """v1: the answer begins."""

    generation_id: str | None = None


class TextGeneration(msgspec.Struct, gc=False, tag_field="event_type", tag="text-generation"):
    """v1: a piece of text."""

    text: str | None = None


class SearchQueries(msgspec.Struct, gc=False, tag_field="event_type", tag="search-queries-generation"):
    """v1: what is searched for."""

    search_queries: Json = None


class SearchResults(msgspec.Struct, gc=False, tag_field="event_type", tag="search-results"):
    """v1: what was found."""

    search_results: Json = None
    documents: Json = None


class Citations(msgspec.Struct, gc=False, tag_field="event_type", tag="citation-generation"):
    """v1: citations, several at a time."""

    citations: list[Json] | None = None


class CallPieceV1(msgspec.Struct, gc=False):
    index: int = 0
    name: str | None = None
    parameters: str | None = None
    text: str | None = None


class ToolCallsChunk(msgspec.Struct, gc=False, tag_field="event_type", tag="tool-calls-chunk"):
    """v1: a piece of a call, or of the plan for it."""

    tool_call_delta: CallPieceV1 | None = None
    text: str | None = None


class ToolCallV1(msgspec.Struct, gc=False):
    """v1: a whole call; it never has an id."""

    name: str | None = None
    parameters: Json = None


class ToolCalls(msgspec.Struct, gc=False, tag_field="event_type", tag="tool-calls-generation"):
    """v1: the calls, whole."""

    text: str | None = None
    tool_calls: list[ToolCallV1] | None = None


class Meta(msgspec.Struct, gc=False):
    billed_units: Json = None
    tokens: Json = None


class ResponseV1(msgspec.Struct, gc=False):
    response_id: str | None = None
    meta: Meta | None = None


class StreamEnd(msgspec.Struct, gc=False, tag_field="event_type", tag="stream-end"):
    """v1: the answer is over; of the whole response in it only id and counts are read."""

    finish_reason: str | None = None
    response: ResponseV1 | None = None
    error: Json = None


class DebugV1(msgspec.Struct, gc=False, tag_field="event_type", tag="debug"):
    """v1: the rendered prompt, where it was asked for."""

    prompt: str | None = None


V1Event = (
    StreamStart
    | TextGeneration
    | SearchQueries
    | SearchResults
    | Citations
    | ToolCallsChunk
    | ToolCalls
    | StreamEnd
    | DebugV1
)

V1: msgspec.json.Decoder[V1Event] = msgspec.json.Decoder(V1Event)
