"""streamkit: bytes of a streamed model answer in, typed events and one trustworthy response out.

Everything is imported when it is first asked for, and only `Client` brings an HTTP library.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from streamkit.client import Client
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
    "AnnotationAdded": "events",
    "ArgumentsDelta": "events",
    "AsyncStage": "pipeline",
    "CaptureError": "errors",
    "Choice": "response",
    "Client": "client",
    "ClosedPipeline": "errors",
    "ContentBlocked": "errors",
    "ContextTooLong": "errors",
    "Entitlement": "errors",
    "ErrorInfo": "errors",
    "ErrorReported": "events",
    "Event": "events",
    "EventStream": "stream",
    "Frame": "frames",
    "InvalidRequest": "errors",
    "Item": "items",
    "ItemEvent": "events",
    "ItemFinished": "events",
    "ItemStarted": "events",
    "KeepAlive": "events",
    "LimitExceeded": "errors",
    "Limits": "limits",
    "LogprobsAdded": "events",
    "MediaAdded": "events",
    "MetadataReported": "events",
    "NoTerminalError": "errors",
    "Overloaded": "errors",
    "Part": "items",
    "PartReplaced": "events",
    "Pipeline": "pipeline",
    "Profile": "profile",
    "ProviderError": "errors",
    "ProviderEvent": "events",
    "QuirkRefused": "errors",
    "QuirkSeen": "events",
    "QuotaExceeded": "errors",
    "RateLimited": "errors",
    "ReasoningDelta": "events",
    "RefusalDelta": "events",
    "Refused": "errors",
    "Response": "response",
    "ResponseFinished": "events",
    "ResponseStarted": "events",
    "SignatureReported": "events",
    "Stage": "pipeline",
    "StallError": "errors",
    "StreamEnded": "events",
    "StreamError": "errors",
    "StreamkitError": "errors",
    "Strict": "stages.strict",
    "TextDelta": "events",
    "Timed": "pipeline",
    "ToolCall": "items",
    "ToolCallDropped": "events",
    "ToolCallReady": "events",
    "TransportError": "errors",
    "TruncatedError": "errors",
    "UnknownDialect": "errors",
    "UnrecognisedDialect": "errors",
    "Usage": "items",
    "UsageError": "errors",
    "UsageReported": "events",
    "Watchdog": "stages.watchdog",
    "WireError": "errors",
    "assemble": "sync",
    "iter_events": "sync",
    "open_stream": "stream",
    "standard": "recipe",
}
"""Public names whose modules are imported when they are first asked for."""


MODULES = ("errors", "events", "frames", "items", "limits")
"""Modules that are there without an import of their own."""


def __getattr__(name: str) -> Any:
    if name in MODULES:
        return import_module(f"{__name__}.{name}")
    if name not in LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{LAZY[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *LAZY, *MODULES})
