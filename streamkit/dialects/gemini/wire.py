"""The frames of `streamGenerateContent` as strict types: only the members that are read.

Google leaves out what is empty, so nearly every member may be missing. Members whose inside is only passed on
(usage, grounding, results of server-side tools) stay plain JSON.
"""

import msgspec

from streamkit.jsontypes import Json

__all__ = ["FRAME", "Blob", "Candidate", "Content", "FileData", "FunctionCall", "GenerateFrame", "Part", "PartialArg"]


class PartialArg(msgspec.Struct, gc=False, rename="camel"):
    """A piece of one argument of a streamed call (D41)."""

    json_path: str
    string_value: str | None = None
    number_value: int | float | None = None
    bool_value: bool | None = None
    null_value: Json = msgspec.UNSET
    will_continue: bool | None = None


class FunctionCall(msgspec.Struct, gc=False, rename="camel"):
    """A call that the client is to run, whole or the next piece of a streamed one."""

    name: str | None = None
    id: str | None = None
    args: Json = None
    partial_args: list[PartialArg] | None = None
    will_continue: bool | None = None


class Blob(msgspec.Struct, gc=False, rename="camel"):
    """Bytes of a picture or of sound."""

    mime_type: str = ""
    data: str = ""


class FileData(msgspec.Struct, gc=False, rename="camel"):
    """Where a picture or sound can be fetched."""

    mime_type: str = ""
    file_uri: str = ""


class Part(msgspec.Struct, gc=False, rename="camel"):
    """One part of an answer; one of the members says what it is."""

    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    function_call: FunctionCall | None = None
    inline_data: Blob | None = None
    file_data: FileData | None = None
    executable_code: Json = None
    code_execution_result: Json = None
    tool_call: Json = None
    tool_response: Json = None
    function_response: Json = None
    audio_transcription: Json = None


class Content(msgspec.Struct, gc=False):
    """The parts that a frame adds."""

    parts: list[Part] | None = None


class Candidate(msgspec.Struct, gc=False, rename="camel"):
    """What a frame adds to one alternative answer."""

    content: Content | None = None
    index: int | None = None
    finish_reason: str | int | None = None
    finish_message: str | None = None
    grounding_metadata: Json = None
    citation_metadata: Json = None
    url_context_metadata: Json = None
    safety_ratings: Json = None
    avg_logprobs: Json = None
    logprobs_result: Json = None
    continuation_token: Json = None


class GenerateFrame(msgspec.Struct, gc=False, rename="camel"):
    """One `GenerateContentResponse`."""

    candidates: list[Candidate] | None = None
    usage_metadata: Json = None
    response_id: str | None = None
    model_version: str | None = None
    prompt_feedback: Json = None
    error: Json = None
    response: Json = None
    """Cloud Code's and Vertex' envelope: the frame itself is inside."""


FRAME = msgspec.json.Decoder(GenerateFrame)
