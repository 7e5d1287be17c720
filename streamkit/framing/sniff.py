"""The framing of a body, chosen from its first bytes (A19): what a header says of them is hearsay."""

import re
from collections.abc import Callable

from streamkit.errors import UsageError
from streamkit.events import Event, QuirkSeen
from streamkit.evidence import Handover
from streamkit.frames import Frame
from streamkit.framing.aws import PRELUDE, EventStreamFramer, is_prelude
from streamkit.framing.documents import depth_change, is_complete
from streamkit.framing.halts import wire_fault
from streamkit.framing.json_array import DocumentsFramer, JSONArrayFramer
from streamkit.framing.layers import Framer, Inflating, Transcoding, compression_of, known_charset
from streamkit.framing.ndjson import NDJSONFramer
from streamkit.framing.no_stream import ENOUGH, not_a_stream
from streamkit.framing.sse import BOM, FIELDS, SSEFramer
from streamkit.limits import DEFAULT_LIMITS, Limits
from streamkit.quirks import framing as quirks

__all__ = ["AnyFramer", "content_type_quirk"]

FOREIGN = 64 * 1024
"""Bytes of other text in front of a stream that are looked through for its first line."""
LAYERS = 3
"""Compressions that may lie over each other; a body that unpacks to itself would have no end."""

_SPACE = b" \t\r\n"
_STREAM_LINE = re.compile(rb"(?:^|[\r\n])[ \t]{0,40}(?:(?P<field>(?:data|event|id|retry)?:)|\{)")

_UNEXPECTED = {
    "sse": quirks.framing_sse,
    "ndjson": quirks.framing_ndjson,
    "json-array": quirks.framing_json_array,
    "aws-eventstream": quirks.framing_aws_eventstream,
}
_WIDTHS = {"utf-16": 2, "utf-32": 4}
_TYPES = {
    "sse": ("text/event-stream",),
    "ndjson": ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/json"),
    "json-array": ("application/json",),
    "aws-eventstream": ("application/vnd.amazon.eventstream",),
}


def content_type_quirk(content_type: str, framing: str) -> QuirkSeen | None:
    """The quirk `content_type` if this header does not fit the framing of the body (A19); empty for no header."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type in _TYPES.get(framing, (media_type,)):
        return None
    return quirks.content_type.seen(detail=f"{media_type or 'none'} on {framing}")


class AnyFramer:
    """Frames of a body whose framing its first bytes tell; a framing that was not expected is named in a quirk.

    Once it has chosen, it hands its place in the pipeline over to the framer it chose.

    Args:
        expected: `sse`, `ndjson`, `json-array`, `aws-eventstream`, or None where nothing is expected.
        limits: every bound.
        charset: what the content type names; anything but UTF-8 that is known is converted (J14, J18).
        content_type: the header, for the quirk `content_type`; None where nothing is known of it.
        layers: how often it may still be compressed; below 0 it is text that was converted already.

    Raises:
        UsageError: an AWS event stream is expected and botocore is not installed.
    """

    handles = (bytes,)

    def __init__(
        self,
        expected: str | None = None,
        limits: Limits = DEFAULT_LIMITS,
        *,
        charset: str | None = None,
        content_type: str | None = None,
        layers: int = LAYERS,
    ) -> None:
        self._expected = expected
        self._limits = limits
        self._charset = known_charset(charset)
        self._content_type = content_type
        self._layers = layers
        self._aws = EventStreamFramer(limits) if expected == "aws-eventstream" else None
        self._framer: Framer | None = None
        self._unexpected: QuirkSeen | None = None
        self._dead = False
        self._at = 0
        self._head = bytearray()
        self._look: Callable[[bytes], list[Frame | Event]] = self._begin
        self._ended = False
        self.framing = ""
        """What was chosen; empty until then, and where it lies under compression or another charset."""

    @property
    def last_event_id(self) -> str | None:
        """The SSE `id` in force beneath."""
        return getattr(self._framer, "last_event_id", None)

    def feed(self, chunk: bytes, /) -> list[Frame | Event]:
        """The frames that this read completes, and what else it says."""
        if self._framer is None:
            return [] if self._dead else self._look(chunk)
        out = self._framer.feed(chunk)
        return self._watch(out) if self._unexpected else out

    def close(self) -> list[Frame | Event]:
        """What was held back. A body that never became a stream is a wire error."""
        self._ended = True
        out: list[Frame | Event] = []
        if self._framer is None and not self._dead:
            out += (item for item in self._look(b"") if not isinstance(item, Handover))
        self._dead = True
        return self._watch(out + (self._framer.close() if self._framer else []))

    # looking at the first bytes

    def _begin(self, chunk: bytes) -> list[Frame | Event]:
        """Step over white space until the first bytes tell something."""
        head = self._head
        head += chunk
        if self._at == 0 and head.startswith((b"\xff\xfe", b"\xfe\xff")):
            return self._transcode("utf-16")
        if self._at == 0 and BOM.startswith(head[:3]) and head:
            if len(head) < len(BOM):
                return []
            del head[: len(BOM)]
            self._at = len(BOM)
        bare = head.lstrip(_SPACE)
        self._at += len(head) - len(bare)
        self._head = bare
        if not bare or (len(bare) < 2 and not self._ended):
            return []
        return self._by_first_bytes(bytes(bare[: PRELUDE + 4]))

    def _by_first_bytes(self, head: bytes) -> list[Frame | Event]:
        first = head[:1]
        packed = compression_of(head)
        if packed and self._layers > 0:
            return self._inflate(packed)
        if packed and self._layers == 0:
            self._dead = True
            return [wire_fault("packed_too_often", "the body is compressed over and over", self._at, retryable=False)]
        if self._aws or first in (b"\x00", b"\x01"):
            if len(head) < PRELUDE and not self._ended:
                return []
            if is_prelude(head) or (self._aws and first in (b"\x00", b"\x01")):
                return self._choose_aws()
        if self._charset:
            return self._transcode(self._charset, self._at % _WIDTHS.get(self._charset[:6], 1))
        if 0 in head[:2] and self._layers >= 0:
            half = self._at % 2 if first == b"\0" else 0
            return self._transcode("utf-16-le" if half or head[1:2] == b"\0" else "utf-16-be", half)
        if first == b":" or head.startswith(FIELDS):
            return self._choose("sse", SSEFramer(self._limits, offset=self._at))
        if any(field.startswith(head) for field in FIELDS):
            return self._choose("sse", SSEFramer(self._limits, offset=self._at)) if self._ended else []
        if first == b"[":
            if head[1:2] in (b"D", b"d"):
                return self._choose("ndjson", NDJSONFramer(self._limits, offset=self._at))
            return self._choose("json-array", JSONArrayFramer(self._limits, offset=self._at))
        looks: dict[bytes, Callable[[bytes], list[Frame | Event]]] = {b"{": self._document, b"<": self._page}
        self._look = looks.get(first, self._foreign)
        chunk, self._head = bytes(self._head), bytearray()
        return self._look(chunk)

    def _document(self, chunk: bytes) -> list[Frame | Event]:
        """`{`: one document a line, or one document over many (A17), told apart at the first line end."""
        known = len(self._head)
        self._head += chunk
        end = self._head.find(b"\n", known)
        if end < 0 and not self._ended and len(self._head) <= self._limits.line:
            return []
        whole = bytes(self._head if end < 0 else self._head[:end])
        line = whole.strip()
        if end < 0 and self._ended and len(line) <= self._limits.frame and is_complete(line):
            # the whole body: nothing is missing where no further line follows
            self._dead = True
            return [Frame(line, "", self._at)]
        if len(whole) <= self._limits.line and (end < 0 or depth_change(line) > 0):
            return self._choose("ndjson", DocumentsFramer(self._limits, offset=self._at))
        return self._choose("ndjson", NDJSONFramer(self._limits, offset=self._at))

    def _page(self, chunk: bytes) -> list[Frame | Event]:
        """`<`: a page of HTML or XML (A18)."""
        self._head += chunk
        return self._give_up() if len(self._head) >= ENOUGH or self._ended else []

    def _foreign(self, chunk: bytes) -> list[Frame | Event]:
        """Anything else: remarks of other layers in front of a stream (A34), or no stream at all."""
        known = max(len(self._head) - 64, 0)
        self._head += chunk
        match = _STREAM_LINE.search(self._head, known, FOREIGN)
        if match and match["field"]:
            return self._choose("sse", SSEFramer(self._limits, offset=self._at))
        if match:
            return self._choose("ndjson", NDJSONFramer(self._limits, offset=self._at))
        return self._give_up() if self._ended or len(self._head) >= FOREIGN else []

    def _give_up(self) -> list[Frame | Event]:
        self._dead = True
        return [not_a_stream(bytes(self._head[:FOREIGN]), self._at, self._content_type)]

    # having chosen

    def _choose_aws(self) -> list[Frame | Event]:
        try:
            framer = self._aws or EventStreamFramer(self._limits, offset=self._at)
        except UsageError as exc:
            self._dead = True
            return [wire_fault("not_decodable", str(exc), self._at, retryable=False)]
        return self._choose("aws-eventstream", framer)

    def _choose(self, framing: str, framer: Framer) -> list[Frame | Event]:
        out: list[Frame | Event] = []
        self.framing = framing
        if self._expected not in (None, framing):
            self._unexpected = _UNEXPECTED[framing].seen(detail=f"{framing} where {self._expected} was expected")
        if self._content_type is not None:
            odd = content_type_quirk(self._content_type, framing)
            out += [odd] if odd else []
        return self._start(framer, out, bytes(self._head))

    def _start(self, framer: Framer, out: list[Frame | Event], data: bytes) -> list[Frame | Event]:
        self._framer = framer
        self._head = bytearray()
        out += self._watch(framer.feed(data))
        if not self._unexpected:
            out.append(Handover(old=self, new=framer))
        return out

    def _watch(self, out: list[Frame | Event]) -> list[Frame | Event]:
        """Name the unexpected framing; one line alone may be a whole document (A17) and names nothing yet."""
        if self._unexpected is None:
            return out
        for at, item in enumerate(out):
            if isinstance(item, Frame):
                if self.framing == "ndjson" and not self._counted:
                    self._counted = True
                    continue
                named = [*out[:at], self._unexpected, *out[at:]]
                self._unexpected = None
                return named
        return out

    _counted = False

    def _inflate(self, packed: str) -> list[Frame | Event]:
        inner = self._beneath(self._layers - 1, self._charset)
        return self._start(
            Inflating(inner, self._limits, offset=self._at), [quirks.compressed.seen(detail=packed)], bytes(self._head)
        )

    def _transcode(self, charset: str, half: int = 0) -> list[Frame | Event]:
        """Another charset; `half` bytes of a character that is white space were stepped over before it was known."""
        return self._start(Transcoding(self._beneath(-1), charset), [], b" " * half + self._head)

    def _beneath(self, layers: int, charset: str = "") -> "AnyFramer":
        """The framer for what lies under a layer."""
        return AnyFramer(self._expected, self._limits, charset=charset, content_type=self._content_type, layers=layers)
