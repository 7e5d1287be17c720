"""What a recording says, read without streamkit: its whole frames, as servers send them that keep to the rules."""

import json
import re
from collections import Counter

from streamkit.quirks.tape import Tape

READ_PLAINLY = ("responses", "chat", "anthropic", "gemini", "cohere")


class Evidence:
    """What the whole frames in the first bytes of a recording say, read in the plainest way."""

    def __init__(self, fixture, size):
        self.text = self.reasoning = self.arguments = ""
        for frame in Tape(fixture.data[:size], fixture.dialect, fixture.framing).frames:
            try:
                payload = json.loads(frame.data)
            except ValueError:
                continue
            if isinstance(payload, dict):
                getattr(self, fixture.dialect, lambda _payload: None)(payload)
        self.text = self.text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def responses(self, payload):
        match payload.get("type"):
            case "response.output_text.delta":
                self.text += payload["delta"]
            case "response.reasoning_text.delta" | "response.reasoning_summary_text.delta":
                self.reasoning += payload["delta"]
            case "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta":
                self.arguments += payload["delta"]

    def chat(self, payload):
        for choice in payload.get("choices") or ():
            delta = choice.get("delta") or {}
            content = delta.get("content")
            for part in content if isinstance(content, list) else [{"type": "text", "text": content or ""}]:
                if part["type"] == "text":
                    self.text += part["text"]
                else:
                    self.reasoning += "".join(inner["text"] for inner in part["thinking"])
            self.reasoning += delta.get("reasoning_content") or delta.get("reasoning") or ""
            for call in delta.get("tool_calls") or ():
                self.arguments += call["function"].get("arguments") or ""

    def gemini(self, payload):
        for candidate in payload.get("response", payload).get("candidates") or ():
            for part in (candidate.get("content") or {}).get("parts") or ():
                text = part.get("text", "")
                if part.get("thought"):
                    self.reasoning += text
                else:
                    self.text += text
                if "args" in part.get("functionCall", {}):
                    self.arguments += json.dumps(part["functionCall"]["args"])

    def cohere(self, payload):
        message = (payload.get("delta") or {}).get("message") or {}
        content = message.get("content") or {}
        self.text += (content.get("text") or "") if isinstance(content, dict) else ""
        self.reasoning += (content.get("thinking") or "") if isinstance(content, dict) else ""
        calls = message.get("tool_calls") or {}
        self.arguments += calls["function"].get("arguments", "") if isinstance(calls, dict) and calls else ""

    def anthropic(self, payload):
        delta = payload.get("delta") or {}
        self.text += delta.get("text", "")
        self.reasoning += delta.get("thinking", "")
        self.arguments += delta.get("partial_json", "")


def letters(text):
    """Characters that must not be lost: not those of tags, blanks, and halves of what the cut has split."""
    return Counter(re.sub(r"</?[^<>]*(>|$)|[\s\ufffd]", "", text))
