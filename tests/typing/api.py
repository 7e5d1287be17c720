"""Every public name, used with types. Never run: type checkers prove with it that the face can be used with types."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence

import streamkit
from streamkit import (
    AnnotationAdded,
    ArgumentsDelta,
    AsyncStage,
    CaptureError,
    Choice,
    Client,
    ClosedPipeline,
    ContentBlocked,
    ContextTooLong,
    Entitlement,
    ErrorInfo,
    ErrorReported,
    Event,
    EventStream,
    Frame,
    InvalidRequest,
    Item,
    ItemEvent,
    ItemFinished,
    ItemStarted,
    KeepAlive,
    LimitExceeded,
    Limits,
    LogprobsAdded,
    MediaAdded,
    MetadataReported,
    NoTerminalError,
    Overloaded,
    Part,
    PartReplaced,
    Pipeline,
    Profile,
    ProviderError,
    ProviderEvent,
    QuirkRefused,
    QuirkSeen,
    QuotaExceeded,
    RateLimited,
    ReasoningDelta,
    RefusalDelta,
    Refused,
    Response,
    ResponseFinished,
    ResponseStarted,
    SignatureReported,
    Stage,
    StallError,
    StreamEnded,
    StreamError,
    StreamkitError,
    Strict,
    TextDelta,
    Timed,
    ToolCall,
    ToolCallDropped,
    ToolCallReady,
    TransportError,
    TruncatedError,
    UnknownDialect,
    UnrecognisedDialect,
    Usage,
    UsageError,
    UsageReported,
    Watchdog,
    WireError,
    assemble,
    iter_events,
    open_stream,
    standard,
)


class Upper:
    """A push stage of one's own."""

    handles = (TextDelta,)

    def feed(self, event: TextDelta, /) -> Iterable[Event]:
        """Shout."""
        return (TextDelta(item_id=event.item_id, choice=event.choice, text=event.text.upper(), index=event.index),)

    def close(self) -> Iterable[Event]:
        """Nothing is held back."""
        return ()


class Frames:
    """A stage from bytes to frames."""

    def feed(self, chunk: bytes, /) -> Iterable[Frame]:
        """One frame a chunk."""
        return (Frame(chunk, event="x", offset=0),)

    def close(self) -> Iterable[Frame]:
        """Nothing is held back."""
        return ()


class Texts:
    """A stage from frames to events, that wants to be woken."""

    def feed(self, frame: Frame, /) -> Iterable[TextDelta]:
        """One event a frame."""
        return (TextDelta(text=frame.data.decode()),)

    def close(self) -> Iterable[TextDelta]:
        """Nothing is held back."""
        return ()

    def deadline(self) -> float | None:
        """Never."""
        return None

    def expire(self, now: float, /) -> TextDelta | None:
        """A farewell."""
        return TextDelta(text=str(now))


async def passing(events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    """An async stage of one's own."""
    async for event in events:
        yield event


class Mine(Event, kw_only=True, frozen=True):
    """An event of one's own."""

    note: str = ""


def stages() -> tuple[object, ...]:
    """Stages and pipelines keep their types."""
    push: Stage[TextDelta, Event] = Upper()
    asynchronous: AsyncStage = passing
    timed: Timed[TextDelta] = Texts()
    one: Pipeline[bytes, Frame] = Pipeline(Frames())
    two: Pipeline[bytes, TextDelta] = Pipeline(Frames(), Texts())
    same: Pipeline[bytes, TextDelta] = one | Texts()
    out: list[TextDelta] = same.feed(b"x")
    whole = standard("chat", push, asynchronous, limits=Limits(text=9), watchdog=Watchdog(first=1), strict=Strict())
    return out, two.close(), timed.deadline(), whole


def sync(chunks: Iterable[bytes]) -> str:
    """The synchronous face."""
    for event in iter_events(chunks, None, on_error="event", limits=Limits(), strict=True):
        told(event)
    response: Response = assemble(chunks, "responses", stages=[Upper()], tools={"look"}, charset="latin-1")
    again: Response = Response.from_events(list(iter_events(chunks)))
    return response.text + again.text_of("\n")


async def asynchronous(source: AsyncIterator[bytes]) -> Response:
    """The asynchronous face."""
    stream: EventStream
    async with open_stream(source, "chat", watchdog=Watchdog(idle=30), stages=[passing]) as stream:
        async for event in stream:
            told(event)
        number: int | None = stream.resume_after
        waited: float | None = stream.statistics.first_output_at
        buffered: bool = stream.statistics.burst > 0.9
        return stream.response if number is None or waited is None or buffered else await stream.result()


async def live(stop: Callable[[Event], bool]) -> Response:
    """The client."""
    async with (
        Client("http://127.0.0.1:8080/v1", headers={"x-key": "k"}, retries=2) as client,
        client.stream("responses", json={"stream": True}) as stream,
    ):
        async for event in stream:
            if stop(event):
                break
        return await stream.result()


def told(event: Event) -> str | int | None:
    """Every event, and what it has."""
    match event:
        case ResponseStarted(response_id=response_id, model=model, dialect=dialect):
            return response_id + model + dialect
        case MetadataReported(metadata=metadata):
            return len(metadata)
        case ItemStarted(type=kind, name=name, call_id=call_id):
            return kind + name + call_id
        case TextDelta(text=text) | RefusalDelta(text=text) | ReasoningDelta(text=text) | ArgumentsDelta(text=text):
            return text
        case SignatureReported(signature=signature):
            return signature
        case AnnotationAdded(index=index) | LogprobsAdded(index=index):
            return index
        case MediaAdded(media_type=media_type, data=data, url=url):
            return media_type + data + url
        case PartReplaced(kind=part_kind, text=text):
            return part_kind + text
        case ItemFinished(status=status):
            return status
        case ToolCallReady(call=call) | ToolCallDropped(call=call):
            return called(call)
        case ItemEvent(item_id=item_id, choice=choice):
            return item_id * choice
        case UsageReported(usage=usage):
            return counted(usage)
        case ResponseFinished(finish_reason=reason, raw_finish_reason=raw):
            return reason + raw
        case ErrorReported(error=error):
            return error.message
        case KeepAlive(comment=comment):
            return comment
        case QuirkSeen(quirk=quirk, effect=effect, detail=detail):
            return quirk + effect + detail
        case ProviderEvent(name=name):
            return name
        case StreamEnded(ending=ending, error=ended):
            return ending if ended is None else ended.code
        case Mine(note=note):
            return note
        case _:
            return event.sequence_number


def called(call: ToolCall) -> str:
    """A call, by its verdict; both checkers see that no state is left out."""
    match call.state:
        case "complete" | "repaired":
            return call.arguments
        case "truncated" | "invalid":
            return call.reason


def counted(usage: Usage) -> int | None:
    """Counts may be unknown."""
    counts: Sequence[int | None] = (usage.input_tokens, usage.output_tokens, usage.total_tokens, usage.cached_tokens)
    return next((count for count in counts if count is not None), None)


def shown(response: Response) -> list[str]:
    """What a response has."""
    items: tuple[Item, ...] = response.items
    parts: list[Part] = [part for item in items for part in item.parts]
    choices: tuple[Choice, ...] = response.choices
    calls: tuple[ToolCall, ...] = response.tool_calls + response.dropped_calls
    errors: tuple[ErrorInfo, ...] = response.errors
    texts = [part.text for part in parts] + [choice.text for choice in choices] + [call.name for call in calls]
    quirks = [f"{quirk.id} {quirk.count}" for quirk in response.quirks]
    plain: dict[str, object] = response.to_dict()
    return [*texts, *quirks, *(error.message for error in errors), *plain, response.status, response.finish_reason]


def handled(error: StreamkitError) -> str | float | None:
    """Every error, and what it has."""
    match error:
        case UnrecognisedDialect() | UnknownDialect() | ClosedPipeline() | UsageError() | CaptureError():
            return str(error)
        case StallError():
            return error.waited if error.phase == "idle" else None
        case NoTerminalError() | TruncatedError() | TransportError():
            return error.info.message
        case RateLimited() | Overloaded() | QuotaExceeded():
            return error.retry_after
        case Refused() | ContextTooLong() | ContentBlocked() | InvalidRequest() | Entitlement() | ProviderError():
            return error.code if error.retryable else error.param
        case LimitExceeded():
            return error.limit
        case WireError():
            return error.offset
        case QuirkRefused():
            return error.quirk
        case StreamError():
            return error.info.kind
        case _:
            return None


ALL: list[str] = streamkit.__all__


def profiles() -> str:
    profile: Profile = Profile(starts_in_think=True, recover_calls=True)
    return assemble([b""], "chat", on_error="event", profile=profile, tools={"ls"}).text
