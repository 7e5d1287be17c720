"""Log records as lines on standard error."""

import logging
import sys
from collections.abc import Iterable

from streamkit.masking import mask
from streamkit.quirks.registry import printable

__all__ = ["log_to_standard_error"]

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"asctime", "message", "taskName"}
"""What every record has; everything else was logged with the message."""


def log_to_standard_error(secrets: Iterable[str] = ()) -> None:
    """Log everything, secrets masked."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Line(secrets))
    logging.basicConfig(handlers=[handler], level=logging.DEBUG)


class Line(logging.Formatter):
    """A record with everything that was logged with it: `INFO streamkit retrying attempt=1 code=overloaded`."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__("%(levelname)s %(name)s %(message)s")
        self._secrets = tuple(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """One record."""
        more = {name: value for name, value in vars(record).items() if name not in STANDARD and value not in (None, "")}
        facts = "".join(f" {name}={printable(str(value))}" for name, value in more.items())
        return mask(super().format(record) + facts, self._secrets)
