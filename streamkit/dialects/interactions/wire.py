"""The events of the Interactions API as strict types, tagged by `event_type`; the older events have other tags only."""

import msgspec

from streamkit.jsontypes import Json, JsonObject

__all__ = [
    "FRAME",
    "Completed",
    "Created",
    "Delta",
    "Failed",
    "Interaction",
    "InteractionEvent",
    "StatusUpdate",
    "StepDelta",
    "StepStart",
    "StepStop",
]


class Interaction(msgspec.Struct, gc=False):
    """What the frames at both ends say of the interaction as a whole."""

    id: str | None = None
    model: str | None = None
    status: str | None = None
    usage: Json = None
    error: Json = None


class Created(msgspec.Struct, gc=False, tag_field="event_type", tag="interaction.created"):
    """The interaction begins."""

    interaction: Interaction | None = None


class CreatedOlder(Created, gc=False, tag_field="event_type", tag="interaction.start"):
    """The same, as it was called before steps."""


class Completed(msgspec.Struct, gc=False, tag_field="event_type", tag="interaction.completed"):
    """The interaction is over, for whatever reason."""

    interaction: Interaction | None = None
    metadata: Json = None


class CompletedOlder(Completed, gc=False, tag_field="event_type", tag="interaction.complete"):
    """The same, as it was called before steps."""


class StatusUpdate(msgspec.Struct, gc=False, tag_field="event_type", tag="interaction.status_update"):
    """The status changed."""

    status: str | None = None
    usage: Json = None
    metadata: Json = None


class StepStart(msgspec.Struct, gc=False, tag_field="event_type", tag="step.start"):
    """A step begins."""

    index: int
    step: JsonObject | None = None
    content: JsonObject | None = None
    metadata: Json = None


class ContentStart(StepStart, gc=False, tag_field="event_type", tag="content.start"):
    """The same, as it was called before steps."""


class Delta(msgspec.Struct, gc=False):
    """A piece of a step; `type` says which members count."""

    type: str = ""
    text: str | None = None
    signature: str | None = None
    content: Json = None
    arguments: Json = None
    result: Json = None
    annotations: list[Json] | None = None
    name: str | None = None
    id: str | None = None
    data: str | None = None
    uri: str | None = None
    mime_type: str | None = None
    call_id: Json = None
    is_error: Json = None
    server_name: Json = None
    retrieval_type: Json = None
    search_type: Json = None
    resolution: Json = None
    channels: Json = None
    rate: Json = None
    sample_rate: Json = None


class StepDelta(msgspec.Struct, gc=False, tag_field="event_type", tag="step.delta"):
    """A piece of a step."""

    index: int
    delta: Delta
    metadata: Json = None


class ContentDelta(StepDelta, gc=False, tag_field="event_type", tag="content.delta"):
    """The same, as it was called before steps."""


class StepStop(msgspec.Struct, gc=False, tag_field="event_type", tag="step.stop"):
    """A step is over."""

    index: int
    usage: Json = None
    metadata: Json = None


class ContentStop(StepStop, gc=False, tag_field="event_type", tag="content.stop"):
    """The same, as it was called before steps."""


class Failed(msgspec.Struct, gc=False, tag_field="event_type", tag="error"):
    """An error."""

    error: Json = None


InteractionEvent = (
    StepDelta
    | ContentDelta
    | StepStart
    | ContentStart
    | StepStop
    | ContentStop
    | Created
    | CreatedOlder
    | Completed
    | CompletedOlder
    | StatusUpdate
    | Failed
)
FRAME: msgspec.json.Decoder[InteractionEvent] = msgspec.json.Decoder(InteractionEvent)
