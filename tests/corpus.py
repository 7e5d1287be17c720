"""The corpus of recorded streams, where there is one: read in place, never copied."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(os.environ.get("STREAMKIT_CORPUS") or Path(__file__).resolve().parents[2] / "shared" / "corpus")

DIALECT_NAMES = {
    "bedrock-converse": "bedrock",
    "openai-completions": "completions",
    "writer-completions": "writer",
    "openai-assistants": "assistants",
    "openai-transcription": "transcription",
}
"""Names in the corpus that differ from ours."""


@dataclass(frozen=True)
class Recording:
    id: str
    dialect: str
    provider: str
    framing: str
    expected: dict[str, Any]
    synthetic: bool

    @property
    def data(self) -> bytes:
        return (ROOT / f"{self.id}.body").read_bytes()


def recordings() -> list[Recording]:
    index = ROOT / "INDEX.json"
    if not index.exists():
        return []
    out = []
    for entry in json.loads(index.read_text("utf-8")):
        name = entry["subdialect"] if entry["dialect"] == "other" else entry["dialect"]
        out.append(
            Recording(
                id=entry["id"],
                dialect=DIALECT_NAMES.get(name, name),
                provider=entry["provider"],
                framing=entry["framing"],
                expected=entry["expected"],
                synthetic=entry["synthetic"],
            )
        )
    return out


def chunkings(data: bytes) -> dict[str, list[bytes]]:
    """The body in one piece, in single bytes, in 17-byte pieces, and cut at every end of a frame."""
    cut = b"\r\n\r\n" if b"\r\n\r\n" in data else b"\n\n"
    if cut not in data:
        cut = b"\n"
    frames = [part + cut for part in data.split(cut)]
    frames[-1] = frames[-1][: -len(cut)]
    return {
        "whole": [data],
        "1 byte": [data[i : i + 1] for i in range(len(data))],
        "17 bytes": [data[i : i + 17] for i in range(0, len(data), 17)],
        "frame ends": [part for part in frames if part],
    }
