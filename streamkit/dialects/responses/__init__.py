"""The `responses` dialect: OpenAI's Responses API, the Codex backend, Azure, xAI, OpenRouter and relays."""

from streamkit.dialects.responses.decoder import RESPONSES, ResponsesDecoder

__all__ = ["RESPONSES", "ResponsesDecoder"]
