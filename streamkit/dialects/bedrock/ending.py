"""How a Converse answer ends: the stop reason, and the metadata that comes before, behind or without it (B26)."""

from msgspec.structs import replace

from streamkit.dialects.bedrock.wire import Metadata
from streamkit.dialects.counting import read_usage
from streamkit.dialects.words import finish_word
from streamkit.events import ErrorReported, Event, MetadataReported, UsageReported
from streamkit.evidence import EndMarker, FinishClaimed
from streamkit.faults import provider_error
from streamkit.jsontypes import Json, JsonObject
from streamkit.quirks.chat import finish_unknown

__all__ = ["metadata_events", "stop_events"]


def stop_events(reason: str | None, fields: Json) -> list[Event]:
    """What `messageStop` says. A stop without a reason is an end marker and no more."""
    out: list[Event] = []
    details: JsonObject = {} if fields is None else {"additionalModelResponseFields": fields}
    word = finish_word(reason)
    if word is None:
        return [EndMarker(name="messageStop")]
    if not word.known:
        out.append(finish_unknown.seen(detail=word.raw))
    if word.reason == "error":
        told = {"code": word.code, "message": f"the answer ended with {word.raw}"}
        info = provider_error({"error": told})
        out.append(ErrorReported(error=replace(info, code=word.code, retryable=word.retryable)))
    out.append(
        FinishClaimed(
            finish_reason=word.reason,
            raw_finish_reason=word.raw,
            details=details,
            neutral=word.reason == "stop",
            terminal=True,
        )
    )
    return out


def metadata_events(event: Metadata) -> list[Event]:
    """Counts merge and never erase; metadata is no finish (B26)."""
    out: list[Event] = []
    usage, quirks = read_usage(event.usage)
    out += quirks
    if usage is not None:
        out.append(UsageReported(usage=usage))
    told = {
        "metrics": event.metrics,
        "trace": event.trace,
        "performanceConfig": event.performance_config,
        "serviceTier": event.service_tier,
    }
    known: JsonObject = {name: value for name, value in told.items() if value}
    if known:
        out.append(MetadataReported(metadata=known))
    return out
