"""What hypothesis runs when it is imported: `st.from_type(Response)` and `st.from_type(Event)` then give real ones.

Hypothesis loads this module while it is itself half imported, so nothing of it is imported at the top.
"""

from typing import TYPE_CHECKING

from streamkit.events import Event
from streamkit.response import Response

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["register"]


def register() -> None:
    """Tell hypothesis how responses and events come about; the strategies themselves are imported when first asked."""
    from hypothesis.strategies import register_type_strategy  # noqa: PLC0415 - see the module

    register_type_strategy(Response, _responses)
    register_type_strategy(Event, _events)


def _responses(_kind: type[Response]) -> "SearchStrategy[Response]":
    from streamkit.testing.strategies import responses  # noqa: PLC0415 - imports all quirks and encoders

    return responses()


def _events(_kind: type[Event]) -> "SearchStrategy[Event]":
    from streamkit.testing.strategies import events  # noqa: PLC0415 - imports all quirks and encoders

    return events()
