"""The `gemini-interactions` dialect: Gemini's Interactions API, with steps or (older) with contents."""

from streamkit.dialects.interactions.constant import INTERACTIONS
from streamkit.dialects.interactions.decoder import InteractionsDecoder

__all__ = ["INTERACTIONS", "InteractionsDecoder"]
