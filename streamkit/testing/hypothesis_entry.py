"""What hypothesis runs when it is imported: `st.from_type(Response)` and `st.from_type(Event)` then give real ones."""

from hypothesis import strategies as st

from streamkit.events import Event
from streamkit.response import Response

__all__ = ["register"]


def register() -> None:
    """Tell hypothesis how responses and events come about; the strategies themselves are imported when first asked."""
    st.register_type_strategy(Response, _responses)
    st.register_type_strategy(Event, _events)


def _responses(_kind: type[Response]) -> st.SearchStrategy[Response]:
    from streamkit.testing.strategies import responses  # noqa: PLC0415 - imports all quirks and encoders

    return responses()


def _events(_kind: type[Event]) -> st.SearchStrategy[Event]:
    from streamkit.testing.strategies import events  # noqa: PLC0415 - imports all quirks and encoders

    return events()
