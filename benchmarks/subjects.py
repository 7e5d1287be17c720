"""What is measured: streamkit, the floor, and the rivals that are installed. Each takes reads and returns a length."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from collections.abc import Callable, Iterable

import msgspec

import streamkit

Subject = Callable[[Iterable[bytes]], int]


def ours(dialect: str) -> Subject:
    """The complete default pipeline: every event handed out, the response assembled."""

    def run(reads: Iterable[bytes]) -> int:
        last: object = None
        for event in streamkit.iter_events(reads, dialect):
            last = event
        assert isinstance(last, streamkit.StreamEnded)
        return 1

    return run


class _Text(msgspec.Struct, gc=False):
    content: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[_Call] | None = None


class _Function(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: str | None = None


class _Call(msgspec.Struct, gc=False):
    index: int = 0
    id: str | None = None
    function: _Function | None = None


class _Choice(msgspec.Struct, gc=False):
    index: int
    delta: _Text
    finish_reason: str | None = None


class _Chat(msgspec.Struct, gc=False):
    id: str
    model: str
    choices: list[_Choice]


class _TextDelta(msgspec.Struct, gc=False, tag="response.output_text.delta"):
    item_id: str
    output_index: int
    content_index: int
    sequence_number: int
    delta: str


class _ArgumentsDelta(msgspec.Struct, gc=False, tag="response.function_call_arguments.delta"):
    item_id: str
    output_index: int
    sequence_number: int
    delta: str


class _BlockText(msgspec.Struct, gc=False, tag="text_delta"):
    text: str


class _BlockJson(msgspec.Struct, gc=False, tag="input_json_delta"):
    partial_json: str


class _BlockDelta(msgspec.Struct, gc=False, tag="content_block_delta"):
    index: int
    delta: _BlockText | _BlockJson


FLOOR_TYPES: dict[str, object] = {
    "chat": _Chat,
    "responses": _TextDelta | _ArgumentsDelta,
    "anthropic": _BlockDelta,
}


def floor(dialect: str) -> Subject:
    """Framing by `bytes.split` and a typed msgspec decode of the same bytes, nothing else."""
    decode = msgspec.json.Decoder(FLOOR_TYPES[dialect]).decode

    def run(reads: Iterable[bytes]) -> int:
        count = 0
        tail: list[bytes] = []
        for chunk in reads:
            lines = chunk.split(b"\n")
            if tail and len(lines) > 1:
                lines[0] = b"".join((*tail, lines[0]))
                tail = []
            last = lines.pop()
            if last:
                tail.append(last)
            for line in lines:
                if line.startswith(b"data: "):
                    try:
                        decode(line[6:])
                    except msgspec.DecodeError:
                        continue
                    count += 1
        return count

    return run


def _client(package: str, httpx: str, reads: Iterable[bytes]) -> object:
    http = importlib.import_module(httpx)

    def answer(_: object) -> object:
        return http.Response(200, headers={"content-type": "text/event-stream"}, content=iter(reads))

    sdk = importlib.import_module(package)
    maker = sdk.OpenAI if package == "openai" else sdk.Anthropic
    return maker(api_key="none", http_client=http.Client(transport=http.MockTransport(answer)))


def _http_of(package: str) -> str:
    """The HTTP library that the installed SDK stands on."""
    requires = importlib.metadata.requires(package) or []
    return "httpx2" if any(line.startswith("httpx2") for line in requires) else "httpx"


def openai_raw(dialect: str) -> Subject:
    """The openai SDK's own event iteration."""

    def run(reads: Iterable[bytes]) -> int:
        client = _client("openai", _http_of("openai"), reads)
        if dialect == "chat":
            stream = client.chat.completions.create(model="m", messages=[], stream=True)  # type: ignore[attr-defined]
        else:
            stream = client.responses.create(model="m", input="x", stream=True)  # type: ignore[attr-defined]
        return sum(1 for _ in stream)

    return run


def anthropic_stream(_: str) -> Subject:
    """The anthropic SDK's `messages.stream`."""

    def run(reads: Iterable[bytes]) -> int:
        client = _client("anthropic", _http_of("anthropic"), reads)
        with client.messages.stream(model="m", max_tokens=9, messages=[]) as stream:  # type: ignore[attr-defined]
            return sum(1 for _ in stream)

    return run


def anthropic_raw(_: str) -> Subject:
    """The anthropic SDK's own event iteration."""

    def run(reads: Iterable[bytes]) -> int:
        client = _client("anthropic", _http_of("anthropic"), reads)
        stream = client.messages.create(model="m", max_tokens=9, messages=[], stream=True)  # type: ignore[attr-defined]
        return sum(1 for _ in stream)

    return run


def litellm_raw(dialect: str) -> Subject:
    """LiteLLM over the openai SDK."""

    def run(reads: Iterable[bytes]) -> int:
        import litellm

        client = _client("openai", _http_of("openai"), reads)
        if dialect == "chat":
            stream = litellm.completion(
                model="openai/m",
                messages=[{"role": "user", "content": "x"}],
                stream=True,
                client=client,
                api_key="none",
            )
        else:
            raise LookupError(dialect)
        return sum(1 for _ in stream)

    return run


RIVALS: dict[str, tuple[str, tuple[str, ...], Callable[[str], Subject]]] = {
    "openai": ("openai", ("chat", "responses"), openai_raw),
    "anthropic raw": ("anthropic", ("anthropic",), anthropic_raw),
    "anthropic messages.stream": ("anthropic", ("anthropic",), anthropic_stream),
    "litellm": ("litellm", ("chat",), litellm_raw),
}


def rivals(dialect: str) -> dict[str, Subject]:
    """The rivals that are installed and speak this dialect."""
    return {
        name: make(dialect)
        for name, (package, dialects, make) in RIVALS.items()
        if dialect in dialects and importlib.util.find_spec(package) is not None
    }
