"""The `gemini` dialect: `streamGenerateContent` of the Gemini API and of Vertex AI."""

from streamkit.dialects.gemini.constant import GEMINI
from streamkit.dialects.gemini.decoder import GeminiDecoder

__all__ = ["GEMINI", "GeminiDecoder"]
