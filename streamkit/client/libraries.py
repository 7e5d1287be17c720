"""What callers hand over of their HTTP libraries, judged by its shape: a mistake of theirs is no broken connection."""

from streamkit.errors import UsageError

__all__ = ["check_client", "check_transport", "is_aiohttp"]


def is_aiohttp(client: object) -> bool:
    """Whether it is a session of aiohttp, or of a class made of it."""
    return any(base.__module__.partition(".")[0] == "aiohttp" for base in type(client).__mro__)


def check_client(client: object) -> None:
    """Refuse what requests cannot be sent with.

    Raises:
        UsageError: it is no client whose methods can be awaited.
    """
    if client is None or is_aiohttp(client):
        return
    if isinstance(client, type) or not hasattr(client, "build_request"):
        raise UsageError(f"`http_client` must be an AsyncClient of httpx or a session of aiohttp, not {_shown(client)}")
    if not hasattr(client, "aclose"):
        raise UsageError(f"`http_client` is synchronous, a {_shown(client)}: an AsyncClient is needed")


def check_transport(transport: object) -> None:
    """Refuse what httpx cannot await.

    Raises:
        UsageError: it is no asynchronous transport.
    """
    if transport is not None and (isinstance(transport, type) or not hasattr(transport, "handle_async_request")):
        raise UsageError(f"`transport` must be an asynchronous transport of httpx, not {_shown(transport)}")


def _shown(given: object) -> str:
    return f"the class {given.__name__}" if isinstance(given, type) else type(given).__name__
