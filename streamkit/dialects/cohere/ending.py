"""How a Cohere answer ends, in both versions: counts, finish word, an error beside it."""

from streamkit.dialects.counting import read_usage
from streamkit.dialects.words import finish_word
from streamkit.events import ErrorReported, Event, UsageReported
from streamkit.evidence import EndMarker, FinishClaimed
from streamkit.faults import provider_error
from streamkit.jsontypes import Json
from streamkit.quirks.chat import finish_unknown

__all__ = ["ended"]


def ended(reason: str | None, counts: Json, error: Json) -> list[Event]:
    """What the terminal frame says."""
    out: list[Event] = []
    usage, quirks = read_usage(counts)
    out += quirks
    if usage is not None:
        out.append(UsageReported(usage=usage))
    word = finish_word(reason)
    if word is not None and not word.known:
        out.append(finish_unknown.seen(detail=word.raw))
    if error or (word is not None and word.reason == "error"):
        raw = word.raw if word is not None else ""
        message = error or f"the answer ended with {raw}"
        out.append(ErrorReported(error=provider_error({"code": raw, "message": message})))
    if word is None:
        return [*out, EndMarker(name="message-end")]
    neutral = word.reason == "stop"
    out.append(FinishClaimed(finish_reason=word.reason, raw_finish_reason=word.raw, neutral=neutral, terminal=True))
    return out
