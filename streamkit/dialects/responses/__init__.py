"""The `responses` dialect: OpenAI's Responses API, the Codex backend, Azure, xAI, OpenRouter and relays."""

from streamkit.dialects.responses.decoder import ResponsesDecoder
from streamkit.dialects.responses.dialect import RESPONSES

__all__ = ["RESPONSES", "ResponsesDecoder"]
