"""Logging that a library may do: into the standard library's logger `streamkit`, through structlog, unconfigured.

Nothing is printed unless the application gives that logger (or the root) a handler; structlog's own configuration is
neither read nor changed. Keyword arguments arrive as attributes of the log record. Nothing per event is logged.
"""

import logging
from functools import cache
from typing import Any

__all__ = ["LOGGER_NAME", "logger"]

LOGGER_NAME = "streamkit"


@cache
def logger() -> Any:
    """The bound logger; structlog is imported with the first call."""
    import structlog  # noqa: PLC0415 - not by `import streamkit`

    target = logging.getLogger(LOGGER_NAME)
    target.addHandler(logging.NullHandler())
    return structlog.wrap_logger(
        target,
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.render_to_log_kwargs],
        wrapper_class=structlog.stdlib.BoundLogger,
        context_class=dict,
        cache_logger_on_first_use=True,
    )
