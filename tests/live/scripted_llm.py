"""A real llama.cpp server whose model can only recite: what is said is scripted, how it is said is llama.cpp's.

The model has one layer that does nothing, an identity matrix for its embeddings and a table of successors for its
output: after each token exactly one other is possible. The last token of the prompt therefore decides the answer, and
the answer is the same at any temperature. Scripts are cut at arbitrary bytes, so characters are often split over two
tokens and the server has to put them together before it may send them.

```python
with scripted_llm() as base_url:            # http://127.0.0.1:<port>/v1, a process of its own
    ...                                     # POST {base_url}/chat/completions, /responses, /messages
```

`python -m tests.live.scripted_llm [--port N]` serves until it is interrupted.
"""

import argparse
import contextlib
import dataclasses
import functools
import hashlib
import itertools
import json
import pathlib
import selectors
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

SECONDS_TO_START = 60.0
CONTEXT_TOKENS = 4096
SHORTEST_PIECE = 4
"""Bytes; a longer one is taken where a piece would occur twice, because a token can have only one successor."""


@dataclasses.dataclass(frozen=True)
class Script:
    """One scripted answer: what the model means, and the prompt that makes it say so.

    The server counts a line end before a closing or an opening tag to what was said, so the scripts have it too.
    """

    name: str
    prompt: str
    reasoning: str = ""
    text: str = ""
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()

    @property
    def recital(self) -> str:
        """The characters that the model generates: reasoning and calls in the tags that the template teaches."""
        blocks = [
            "<tool_call>\n" + json.dumps({"name": name, "arguments": arguments}, ensure_ascii=False) + "\n</tool_call>"
            for name, arguments in self.calls
        ]
        thought = f"<think>\n{self.reasoning}</think>\n\n" if self.reasoning else ""
        return thought + self.text + "\n".join(blocks)

    @property
    def tokens(self) -> int:
        """How many tokens the model generates for it, the one that ends the turn included."""
        return len(_chains()[self.name]) - 1


SCRIPTS = {
    script.name: script
    for script in (
        Script(
            "text",
            "@recite-text",
            text="Käse, façade, Ελλάδα, 東京 and 🦊: a stream carries them byte by byte.\n\nNothing is lost.",
        ),
        Script(
            "reasoning",
            "@recite-reasoning",
            reasoning="Seven times eight is asked for. Fifty-six, then.\n",
            text="It makes **56**.",
        ),
        Script("one-call", "@recite-one-call", calls=(("read_tide", {"harbour": "Bergen", "hours": 6}),)),
        Script(
            "two-calls",
            "@recite-two-calls",
            calls=(
                ("read_tide", {"harbour": "Genova", "hours": 2}),
                ("read_tide", {"harbour": "Århus", "hours": 12}),
            ),
        ),
        Script(
            "everything",
            "@recite-everything",
            reasoning="Only the gauge knows this; ask it.\n",
            text="One moment, the gauge is being read.\n",
            calls=(("read_tide", {"harbour": "Dover", "hours": 3}),),
        ),
    )
}

TOOL_NAME = "read_tide"
TOOL_TEXT = "Water level of a harbour over the next hours."
TOOL_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"harbour": {"type": "string"}, "hours": {"type": "integer"}},
    "required": ["harbour", "hours"],
}

PATHS = {"chat": "/chat/completions", "responses": "/responses", "anthropic": "/messages"}
"""Where each dialect is served, below `/v1`."""

BEGIN, END, PAD = "<|turn|>", "<|over|>", "<|pad|>"
CONTROL, PLAIN, DEFINED, UNUSED = 3, 1, 4, 5  # kinds of token in a GGUF file

TEMPLATE = (
    """\
{%- if tools -%}<|turn|>system
You may call these functions:
{% for tool in tools %}{{ tool | tojson }}
{% endfor %}Call one by writing its name and arguments as JSON between tags:
<tool_call>
{"name": <its name>, "arguments": <its arguments>}
</tool_call><|over|>
{% endif -%}
{%- for message in messages -%}
<|turn|>{{ message.role }}
{% if message.role == 'assistant' and message.reasoning_content -%}
<think>
{{ message.reasoning_content }}
</think>

{% endif -%}
{{ message.content or '' }}
{%- for call in message.tool_calls or [] %}
<tool_call>
{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}
</tool_call>
{%- endfor -%}
<|over|>
{% endfor -%}
{%- if add_generation_prompt -%}
<|turn|>assistant
{{ messages[-1].content }}
{%- endif -%}
"""
).rstrip("\n")
"""The prompt ends in the user's own last words, so that the model's first token follows from them."""


def request_body(dialect: str, script: Script, **more: Any) -> dict[str, Any]:
    """The streamed request that makes the server recite `script` in `dialect`."""
    turn = [{"role": "user", "content": script.prompt}]
    function = {"name": TOOL_NAME, "description": TOOL_TEXT, "parameters": TOOL_SCHEMA}
    body: dict[str, Any] = {"model": "reciter", "stream": True}
    tools: list[dict[str, Any]]
    if dialect == "chat":
        body |= {"messages": turn, "stream_options": {"include_usage": True}}
        tools = [{"type": "function", "function": function}]
    elif dialect == "responses":
        body |= {"input": turn}
        tools = [{"type": "function", **function}]
    else:
        body |= {"messages": turn, "max_tokens": 400}
        tools = [{"name": TOOL_NAME, "description": TOOL_TEXT, "input_schema": TOOL_SCHEMA}]
    if script.calls:
        body["tools"] = tools
    return body | more


def printable_bytes() -> list[str]:
    """The characters by which byte-level vocabularies spell the bytes 0 to 255: printable ones stand for themselves."""
    spelled = [chr(value) if chr(value).isprintable() and value not in (0x20, 0xAD) else "" for value in range(256)]
    spare = 256
    for value, character in enumerate(spelled):
        if not character:
            spelled[value] = chr(spare)
            spare += 1
    return spelled


def cut(text: str, used: set[bytes]) -> list[bytes]:
    """Cut a recital into pieces that no recital has had before; adds them to `used`."""
    left = text.encode()
    pieces: list[bytes] = []
    while left:
        length = SHORTEST_PIECE
        while length < len(left) and (left[:length] in used or len(left) - length < SHORTEST_PIECE):
            length += 1
        piece, left = left[:length], left[length:]
        if piece in used:  # only the last one can be
            piece = pieces.pop() + piece
        used.add(piece)
        pieces.append(piece)
    return pieces


@functools.cache
def _chains() -> dict[str, list[str]]:
    """The tokens of each script in order, from its prompt to the end of the turn."""
    spelling = printable_bytes()
    used: set[bytes] = set()
    return {
        script.name: [
            script.prompt,
            *("".join(spelling[byte] for byte in piece) for piece in cut(script.recital, used)),
            END,
        ]
        for script in SCRIPTS.values()
    }


def build_model(path: pathlib.Path) -> None:
    """Write the model that knows all `SCRIPTS`, a few hundred tokens and about 4 MB."""
    import gguf
    import numpy as np

    kinds = dict.fromkeys(printable_bytes(), PLAIN) | dict.fromkeys((BEGIN, END, PAD), CONTROL)
    chains = _chains().values()
    for prompt, *pieces, _end in chains:
        kinds |= {prompt: DEFINED} | dict.fromkeys(pieces, PLAIN)
    width = -(-len(kinds) // 64) * 64
    kinds |= {f"<|spare-{at}|>": UNUSED for at in range(len(kinds), width)}
    number = {token: at for at, token in enumerate(kinds)}

    successor = np.zeros((width, width), np.float32)
    successor[number[END], :] = 0.5  # who has no successor ends the turn
    for chain in chains:
        for token, following in itertools.pairwise(chain):
            successor[number[following], number[token]] = 32.0

    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name("reciter")
    writer.add_context_length(CONTEXT_TOKENS)
    writer.add_embedding_length(width)
    writer.add_vocab_size(width)
    writer.add_block_count(1)
    writer.add_feed_forward_length(64)
    writer.add_head_count(width // 64)
    writer.add_head_count_kv(width // 64)
    writer.add_rope_dimension_count(64)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(list(kinds))
    writer.add_token_types(list(kinds.values()))
    writer.add_token_merges(["q z"])  # the list may not be empty; no prompt here has these two side by side
    writer.add_bos_token_id(number[BEGIN])
    writer.add_eos_token_id(number[END])
    writer.add_pad_token_id(number[PAD])
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)
    shapes = {"attn_q": (width, width), "attn_k": (width, width), "attn_v": (width, width)}
    shapes |= {"attn_output": (width, width), "ffn_gate": (64, width), "ffn_up": (64, width), "ffn_down": (width, 64)}
    writer.add_tensor("token_embd.weight", np.identity(width, np.float32))
    for name, shape in shapes.items():
        writer.add_tensor(f"blk.0.{name}.weight", np.zeros(shape, np.float32))
    for name in ("blk.0.attn_norm", "blk.0.ffn_norm", "output_norm"):
        writer.add_tensor(f"{name}.weight", np.ones(width, np.float32))
    writer.add_tensor("output.weight", successor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def model_file() -> pathlib.Path:
    """The built model, in the temporary folder under a name that follows from its scripts and from this file."""
    mark = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()[:16]
    path = pathlib.Path(tempfile.gettempdir()) / f"streamkit-reciter-{mark}.gguf"
    if not path.exists():
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            fresh = pathlib.Path(folder) / "reciter.gguf"
            build_model(fresh)
            fresh.replace(path)  # in one step: another process may be building the same file
    return path


def serve(port: int) -> None:
    """Serve on 127.0.0.1 in this process until a signal ends it; prints the base URL as soon as it listens."""
    import xllamacpp

    options = xllamacpp.CommonParams()
    options.model.path = str(model_file())
    options.model_alias = {"reciter"}
    options.n_ctx = CONTEXT_TOKENS
    options.n_parallel = 4
    options.cpuparams.n_threads = 1
    options.hostnames = ["127.0.0.1"]
    options.port = port
    options.use_jinja = True
    options.verbosity = 0
    server = xllamacpp.Server(options)
    sys.stdout.write(f"{server.listening_address}/v1\n")
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()


def _first_line(process: subprocess.Popen[str]) -> str:
    """The first line that the process prints, empty when it says nothing in time."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        return process.stdout.readline().strip() if selector.select(SECONDS_TO_START) else ""


@contextlib.contextmanager
def scripted_llm(port: int = 0) -> Iterator[str]:
    """Start the server in a process of its own; gives its base URL with `/v1`. The process ends with the block."""
    command = [sys.executable, __file__, "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            base_url = _first_line(process)
            if not base_url.startswith("http"):
                raise RuntimeError(f"the scripted server did not start within {SECONDS_TO_START:.0f} s")
            yield base_url
        finally:
            process.kill()


def main() -> None:
    """Serve from the command line."""
    parser = argparse.ArgumentParser(description="Serve the scripted model on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    serve(parser.parse_args().port)


if __name__ == "__main__":
    main()
