"""The Messages dialect: Anthropic's own API and what speaks like it."""

from streamkit.dialects.anthropic.decoder import ANTHROPIC, AnthropicDecoder

__all__ = ["ANTHROPIC", "AnthropicDecoder"]
