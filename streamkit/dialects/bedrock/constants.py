"""The three Bedrock dialects' constants, and how their messages are recognised."""

import msgspec

from streamkit.dialects.base import CERTAIN, LIKELY, NO, POSSIBLE, DecoderOptions, Dialect
from streamkit.dialects.bedrock.agent import AgentDecoder
from streamkit.dialects.bedrock.converse import ConverseDecoder
from streamkit.dialects.bedrock.documents import is_document
from streamkit.dialects.bedrock.inner import inner_decoder
from streamkit.dialects.bedrock.invoke import InvokeDecoder
from streamkit.dialects.bedrock.wire import EVENTS, MEMBERS, Chunk, Members
from streamkit.dialects.refused import REFUSED
from streamkit.frames import Frame
from streamkit.jsontypes import is_object

__all__ = ["BEDROCK", "BEDROCK_AGENT", "BEDROCK_INVOKE"]

CHUNK = msgspec.json.Decoder(Chunk)
OWN_MEMBERS = tuple(name for name in Members.__struct_fields__ if name != "metadata")
AGENT_EVENTS = (
    "trace",
    "returnControl",
    "files",
    "flowOutputEvent",
    "flowTraceEvent",
    "flowCompletionEvent",
    "flowMultiTurnInputRequestEvent",
    "responseEvent",
    "traceEvent",
    "analyzePromptEvent",
    "optimizedPromptEvent",
)
ANSWER_EVENTS = ("output", "citation", "guardrail")
"""Names that answers out of a knowledge base use, and other streams too; those with JSON behind them are meant."""
OPTIONS = DecoderOptions()


def recognise_converse(frame: Frame) -> int:
    """Whether an event is of ConverseStream: by its name, or by the name of its only member."""
    if frame.kind != "event":
        return LIKELY if frame.event.endswith("Exception") else POSSIBLE
    if frame.event in EVENTS:
        return CERTAIN if frame.event != "metadata" else LIKELY
    if frame.event:
        return NO
    try:
        members = MEMBERS.decode(frame.data)
        if any(getattr(members, name) is not None for name in OWN_MEMBERS):
            return LIKELY
        document = msgspec.json.decode(frame.data)  # a whole answer (A17), or nothing of this dialect
    except REFUSED:
        return NO
    return LIKELY if is_object(document) and is_document(document) and "stopReason" in document else NO


def recognise_invoke(frame: Frame) -> int:
    """Whether a payload holds a model's own frame."""
    data = _inside(frame)
    if data is None:
        return NO if frame.kind == "event" else POSSIBLE
    if inner_decoder(data, OPTIONS) is not None:
        return CERTAIN
    return LIKELY if b"amazon-bedrock-" in data else NO


def recognise_agent(frame: Frame) -> int:
    """Whether a payload holds an agent's text, or an event is one that only agents have."""
    data = _inside(frame)
    if data is not None:
        if recognise_invoke(frame):
            return NO
        return POSSIBLE if data.startswith(b"{") else LIKELY
    if frame.kind != "event":
        return POSSIBLE
    if frame.event in ANSWER_EVENTS and not frame.id and frame.data.startswith(b"{"):
        return LIKELY
    return LIKELY if frame.event in AGENT_EVENTS else NO


def _inside(frame: Frame) -> bytes | None:
    if frame.kind != "event" or frame.event not in ("chunk", ""):
        return None
    try:
        return CHUNK.decode(frame.data).bytes
    except REFUSED:
        return None


BEDROCK = Dialect(
    name="bedrock",
    title="Bedrock ConverseStream",
    framing="aws-eventstream",
    decoder=ConverseDecoder,
    recognise=recognise_converse,
    ends=("messageStop",),
)

BEDROCK_INVOKE = Dialect(
    name="bedrock-invoke",
    title="Bedrock InvokeModelWithResponseStream",
    framing="aws-eventstream",
    decoder=InvokeDecoder,
    recognise=recognise_invoke,
)

BEDROCK_AGENT = Dialect(
    name="bedrock-agent",
    title="Bedrock agents",
    framing="aws-eventstream",
    decoder=AgentDecoder,
    recognise=recognise_agent,
    wants_finish=False,
)
