"""What the frames about the message as a whole say: id and model, usage, why it stopped, what else stands beside."""

from collections.abc import Iterable

from streamkit.dialects.anthropic.blocks import text
from streamkit.dialects.counting import read_usage
from streamkit.dialects.words import finish_word
from streamkit.events import Event, MetadataReported, ResponseStarted, UsageReported
from streamkit.evidence import FinishClaimed
from streamkit.jsontypes import Json, JsonObject, is_object, is_same
from streamkit.quirks.chat import finish_unknown
from streamkit.quirks.endings import usage_zeroed

__all__ = ["METRICS", "UsageBook", "aside", "finish", "started"]

METRICS = "amazon-bedrock-invocationMetrics"
"""Bedrock's counts beside the last frame; read only where the message has none of its own."""

KEPT_FROM_ZERO = frozenset({"input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"})
"""Counts that a later zero does not replace (C30)."""

FRAME_MEMBERS = frozenset({"type", "message", "delta", "usage", "index"})
DELTA_MEMBERS = frozenset({"stop_reason", "stop_sequence", "stop_details"})
MESSAGE_MEMBERS = DELTA_MEMBERS | {"id", "type", "role", "model", "content", "usage"}
"""Members that are read elsewhere or say nothing; all others become metadata."""


class UsageBook:
    """The usage object of one message, merged from the frames that bring pieces of it (C30)."""

    def __init__(self) -> None:
        self.raw: JsonObject = {}

    def take(self, usage: Json) -> list[Event]:
        """Merge one frame's usage: what is present and not null replaces, but zero no count of input."""
        if not is_object(usage):
            return []
        merged = dict(self.raw)
        zeroed: list[str] = []
        for name, value in usage.items():
            before = merged.get(name)
            if value is None:
                merged.setdefault(name, None)
            elif value == 0 and before and name in KEPT_FROM_ZERO:
                zeroed.append(name)
            else:
                merged[name] = {**before, **value} if is_object(before) and is_object(value) else value
        if not zeroed and is_same(merged, self.raw):
            return []
        self.raw = merged
        counted, quirks = read_usage(merged)
        out: list[Event] = list(quirks)
        if zeroed:
            out.append(usage_zeroed.seen(detail=", ".join(zeroed)))
        if counted is not None:
            out.append(UsageReported(usage=counted))
        return out


def started(message: JsonObject) -> ResponseStarted:
    """The begin of the response, as its message object says it."""
    rest = _rest(message, MESSAGE_MEMBERS)
    return ResponseStarted(response_id=text(message.get("id")), model=text(message.get("model")), metadata=rest)


def aside(payload: JsonObject, delta: JsonObject | None = None) -> Iterable[Event]:
    """What stands beside the documented members of a frame and of its delta (container, context management, …)."""
    rest = _rest(payload, FRAME_MEMBERS)
    if delta is not None:
        rest.update(_rest(delta, DELTA_MEMBERS))
    return (MetadataReported(metadata=rest),) if rest else ()


def finish(delta: JsonObject) -> list[Event]:
    """Why the message stopped; nothing where there is no stop reason yet (C36)."""
    word = finish_word(delta.get("stop_reason"))
    if word is None:
        return []
    details = {name: delta[name] for name in ("stop_sequence", "stop_details") if delta.get(name) is not None}
    if word.code:
        details["code"] = word.code
    out: list[Event] = [] if word.known else [finish_unknown.seen(detail=word.raw)]
    claim = FinishClaimed(
        finish_reason=word.reason, raw_finish_reason=word.raw, details=details, retryable=word.retryable
    )
    out.append(claim)
    return out


def _rest(payload: JsonObject, known: frozenset[str]) -> JsonObject:
    return {name: value for name, value in payload.items() if name not in known and value is not None}
