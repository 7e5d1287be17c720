"""OpenAI Chat Completions and everything that says it is compatible."""

from streamkit.dialects.chat.dialect import CHAT

__all__ = ["CHAT"]
