"""Small recorded bodies, and workers that misbehave."""

import os

from streamkit.audit.scanning import scan_all

HEALTHY = (
    b'data: {"id":"c1","object":"chat.completion.chunk","model":"m","choices":'
    b'[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":null}]}\n\n'
    b'data: {"id":"c1","object":"chat.completion.chunk","model":"m","choices":'
    b'[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    b"data: [DONE]\n\n"
)
QUOTED_END = HEALTHY.replace(b"[DONE]", b'"[DONE]"')
EMPTY_PAYLOADS = b"data: \n\n" + HEALTHY.replace(b"data: [DONE]", b"data: \n\ndata: [DONE]")
NO_STREAM = b"Dear Sir or Madam,\n"


def folder_of(path, **bodies):
    for name, body in bodies.items():
        (path / f"{name}.sse").write_bytes(body)
    return path


def deadly(paths):
    """Ends its process at a file called `deadly`, as a crash in native code would."""
    if any("deadly" in path for path in paths):
        os._exit(3)
    return scan_all(paths)
