"""JSON in the spelling of careless writers (J01, J04, J14): read as it is meant, each deviation named."""

import json
import math
import re
from contextlib import suppress
from functools import cached_property
from typing import Any

import msgspec

from streamkit.characters import scrub
from streamkit.events import Event
from streamkit.jsontypes import Json, JsonObject
from streamkit.quirks import payloads as quirks
from streamkit.quirks.registry import shown

__all__ = ["LenientJSON", "NoJSONError"]

WATCHED = ("type", "choices")
"""Members whose repetition changes what a frame means (J04)."""
QUOTED = tuple(f'"{name}"'.encode() for name in WATCHED)

_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(?P<half>u[dD][89a-fA-F][\da-fA-F]{2})|.)", re.DOTALL
)
"""One escape, or the two of a pair."""
CONTROL = frozenset(map(chr, range(32)))
"""What JSON wants escaped inside of a string."""
_untyped = msgspec.json.Decoder().decode


class NoJSONError(ValueError):
    """Not one JSON document, or one that is nested too deeply to be read (J05)."""


class LenientJSON:
    """A reader for one payload: msgspec where it can, the standard library where it must."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        """The quirks that were let pass."""
        self.surrogates = False
        """Whether texts may hold halves of surrogate pairs."""
        self._repeated: list[str] = []
        self._odd: list[str] = []
        self._long: list[str] = []
        self._raw = ""
        """The first control character that stands raw in a string."""

    def parse(self, data: bytes) -> Json:
        """The one document in these bytes; None for no bytes.

        Raises:
            NoJSONError: there is none, or more than one.
        """
        if not data:
            return None
        try:
            value = _untyped(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._parse_text(self._decode(data))
        except RecursionError:
            raise NoJSONError from None
        if any(data.count(name) > 1 for name in QUOTED):
            # only the standard library tells that a member came twice; msgspec has already kept the last one
            self._look_for_repeated(data.decode("utf-8"))
        return value

    def document_at(self, text: str, at: int) -> tuple[Json, int]:
        """The document that begins at `at`, and where it ends. Call `report` when the last one was read.

        Raises:
            NoJSONError: there is none.
        """
        decoder = self._lax_decoder if self._raw else self._decoder  # a refusal costs as much as all the text before it
        try:
            return decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as exc:
            if not isinstance(exc, json.JSONDecodeError) or text[exc.pos : exc.pos + 1] not in CONTROL:
                raise NoJSONError from None
            raw = text[exc.pos]
        try:
            value, end = self._lax_decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            raise NoJSONError from None
        self._raw = self._raw or shown(raw)
        return value, end

    def report(self, text: str) -> None:
        """Name what was let pass in this text."""
        self._report_repeated()
        if self._raw:
            self.events.append(quirks.raw_control_characters.seen(detail=self._raw))
        if self._odd:
            self.events.append(quirks.non_finite_number.seen(detail=self._odd[0]))
        if self._long:
            self.events.append(quirks.oversized_number.seen(detail=f"{len(self._long[0])} digits"))
        # every half comes from an escape: UTF-8 has no surrogates
        if any(match["half"] for match in _ESCAPE.finditer(text)):
            self.surrogates = True
            self.events.append(quirks.lone_surrogate.seen())

    @cached_property
    def _decoder(self) -> json.JSONDecoder:
        return self._made(strict=True)

    @cached_property
    def _lax_decoder(self) -> json.JSONDecoder:
        """The same for texts with raw control characters in their strings (A04)."""
        return self._made(strict=False)

    def _made(self, *, strict: bool) -> json.JSONDecoder:
        return json.JSONDecoder(
            strict=strict,
            object_pairs_hook=self._object,
            parse_constant=self._constant,
            parse_float=self._float,
            parse_int=self._int,
        )

    def _decode(self, data: bytes) -> str:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as exc:
            self.events.append(quirks.invalid_utf8.seen(detail=f"byte {data[exc.start]:#04x} at {exc.start}"))
            return data.decode("utf-8", "replace")

    def _parse_text(self, text: str) -> Json:
        value, end = self.document_at(text, 0)
        if text[end:].strip():
            raise NoJSONError
        self.report(text)
        return value

    def _look_for_repeated(self, text: str) -> None:
        with suppress(ValueError, RecursionError):
            self._decoder.decode(text)
        self._report_repeated()

    def _report_repeated(self) -> None:
        if self._repeated:
            self.events.append(quirks.duplicate_key.seen(detail=self._repeated[0]))

    def _object(self, pairs: list[tuple[str, Any]]) -> JsonObject:
        value = dict(pairs)
        if len(value) < len(pairs):
            names = [name for name, _ in pairs]
            self._repeated += (name for name in WATCHED if names.count(name) > 1)
        if all(map(str.isascii, value)):
            return value
        # no strict type takes half a character in a name (J01)
        return {scrub(name): member for name, member in value.items()}

    def _constant(self, word: str) -> float:
        self._odd.append(word)
        return float(word.replace("Infinity", "inf"))

    def _float(self, digits: str) -> float:
        value = float(digits)
        if math.isinf(value):
            self._odd.append(digits)
        return value

    def _int(self, digits: str) -> int | str:
        try:
            return int(digits)
        except ValueError:
            self._long.append(digits)
            return digits
