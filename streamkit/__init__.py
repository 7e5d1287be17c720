"""streamkit: bytes of a streamed model answer in, typed events and one trustworthy response out.

What reads streams is imported when it is first asked for: `import streamkit` brings events, errors and limits alone,
and only `Client` brings an HTTP library.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from streamkit.errors import (
    CaptureError,
    ClosedPipeline,
    ContentBlocked,
    ContextTooLong,
    Entitlement,
    ErrorInfo,
    InvalidRequest,
    LimitExceeded,
    NoTerminalError,
    Overloaded,
    ProviderError,
    QuirkRefused,
    QuotaExceeded,
    RateLimited,
    Refused,
    StallError,
    StreamError,
    StreamkitError,
    TransportError,
    TruncatedError,
    UnknownDialect,
    UnrecognisedDialect,
    UsageError,
    WireError,
)
from streamkit.events import (
    AnnotationAdded,
    ArgumentsDelta,
    ErrorReported,
    Event,
    ItemEvent,
    ItemFinished,
    ItemStarted,
    KeepAlive,
    LogprobsAdded,
    MediaAdded,
    MetadataReported,
    PartReplaced,
    ProviderEvent,
    QuirkSeen,
    ReasoningDelta,
    RefusalDelta,
    ResponseFinished,
    ResponseStarted,
    SignatureReported,
    StreamEnded,
    TextDelta,
    ToolCallDropped,
    ToolCallReady,
    UsageReported,
)
from streamkit.frames import Frame
from streamkit.items import Item, Part, ToolCall, Usage
from streamkit.limits import Limits

if TYPE_CHECKING:
    from streamkit.client import Client
    from streamkit.pipeline import AsyncStage, Pipeline, Stage, Timed
    from streamkit.profile import Profile
    from streamkit.recipe import standard
    from streamkit.response import Choice, Response
    from streamkit.stages.strict import Strict
    from streamkit.stages.watchdog import Watchdog
    from streamkit.stream import EventStream, open_stream
    from streamkit.sync import assemble, iter_events

__all__ = [
    "AnnotationAdded",
    "ArgumentsDelta",
    "AsyncStage",
    "CaptureError",
    "Choice",
    "Client",
    "ClosedPipeline",
    "ContentBlocked",
    "ContextTooLong",
    "Entitlement",
    "ErrorInfo",
    "ErrorReported",
    "Event",
    "EventStream",
    "Frame",
    "InvalidRequest",
    "Item",
    "ItemEvent",
    "ItemFinished",
    "ItemStarted",
    "KeepAlive",
    "LimitExceeded",
    "Limits",
    "LogprobsAdded",
    "MediaAdded",
    "MetadataReported",
    "NoTerminalError",
    "Overloaded",
    "Part",
    "PartReplaced",
    "Pipeline",
    "Profile",
    "ProviderError",
    "ProviderEvent",
    "QuirkRefused",
    "QuirkSeen",
    "QuotaExceeded",
    "RateLimited",
    "ReasoningDelta",
    "RefusalDelta",
    "Refused",
    "Response",
    "ResponseFinished",
    "ResponseStarted",
    "SignatureReported",
    "Stage",
    "StallError",
    "StreamEnded",
    "StreamError",
    "StreamkitError",
    "Strict",
    "TextDelta",
    "Timed",
    "ToolCall",
    "ToolCallDropped",
    "ToolCallReady",
    "TransportError",
    "TruncatedError",
    "UnknownDialect",
    "UnrecognisedDialect",
    "Usage",
    "UsageError",
    "UsageReported",
    "Watchdog",
    "WireError",
    "assemble",
    "iter_events",
    "open_stream",
    "standard",
]


LAZY = {
    "AsyncStage": "pipeline",
    "Choice": "response",
    "Client": "client",
    "EventStream": "stream",
    "Pipeline": "pipeline",
    "Profile": "profile",
    "Response": "response",
    "Stage": "pipeline",
    "Strict": "stages.strict",
    "Timed": "pipeline",
    "Watchdog": "stages.watchdog",
    "assemble": "sync",
    "iter_events": "sync",
    "open_stream": "stream",
    "standard": "recipe",
}
"""Public names whose modules are imported when they are first asked for."""


def __getattr__(name: str) -> Any:
    if name not in LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{LAZY[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *LAZY})
