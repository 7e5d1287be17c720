"""The `chat` dialect, for the table of dialects."""

from streamkit.dialects.base import Dialect
from streamkit.dialects.chat.decoder import ChatDecoder
from streamkit.dialects.chat.recognise import recognise

__all__ = ["CHAT"]

CHAT = Dialect(
    name="chat",
    title="OpenAI Chat Completions",
    framing="sse",
    decoder=ChatDecoder,
    recognise=recognise,
    ends=("[DONE]",),
    think_tags=True,
)
