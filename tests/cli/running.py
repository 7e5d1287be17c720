"""Runs the command line in this process, as a shell would: exit code, output, notes."""

import pytest

from streamkit.cli.app import app


def run(capsys, *tokens):
    """Exit code, standard output, standard error."""
    with pytest.raises(SystemExit) as ended:
        app.meta([str(token) for token in tokens])
    out, err = capsys.readouterr()
    return ended.value.code, out, err


def chat(text, finish="stop", *, done=True):
    import json

    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    payload = {"id": "c1", "object": "chat.completion.chunk", "model": "m1", "choices": [choice]}
    return b"data: " + json.dumps(payload).encode() + b"\n\n" + (b"data: [DONE]\n\n" if done else b"")
