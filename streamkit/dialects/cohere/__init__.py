"""The `cohere` dialect: Cohere's chat streams, v2 (SSE) and v1 (JSON lines)."""

from streamkit.dialects.cohere.constant import COHERE
from streamkit.dialects.cohere.decoder import CohereDecoder

__all__ = ["COHERE", "CohereDecoder"]
