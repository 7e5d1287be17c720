"""A reader of broken JSON text: where it breaks, where it ends, which closers and commas are off. It builds no values.

Two scanners: `scan` reads a whole text once, by the grammar; `Brackets` reads fragments as they come and knows only
whether the object that they began is closed.
"""

import re

import msgspec

__all__ = ["Brackets", "Scan", "deeper_than", "scan"]

BRACKET = re.compile(r'["{}\[\]]')
TOKEN = re.compile(r'[{}\[\],:"]|[^\s{}\[\],:"]+')
STRING_STEP = re.compile(r'[\\"]')
NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
NUMBER_BEGUN = re.compile(r"-?(?:(?:0|[1-9]\d*)(?:\.\d*)?(?:[eE][+-]?\d*)?)?", re.ASCII)
LITERALS = ("true", "false", "null")
NOT_FINITE = ("NaN", "Infinity", "-Infinity")
CLOSER = {"{": "}", "[": "]"}


class Scan(msgspec.Struct, frozen=True):
    """What a text that is no JSON looks like."""

    broken_at: int | None = None
    """Character at which no JSON text could go on like this."""
    unfinished: str = ""
    """What the text breaks off in, where something is missing that cannot be known."""
    missing: str = ""
    """Closers that would complete it."""
    commas: tuple[int, ...] = ()
    """Positions of commas that stand directly before a closer."""
    excess: int = 0
    """Closers behind the complete value."""
    end: int = 0
    """Where the value (and what it lacks in closers) ends."""


def deeper_than(raw: str, depth: int) -> bool:
    """Whether brackets outside strings nest deeper than `depth` (J05)."""
    if raw.count("{") + raw.count("[") <= depth:
        return False
    brackets = Brackets()
    brackets.read(raw)
    return brackets.deepest > depth


class Brackets:
    """Follows an object's brackets over fragments; each character is read once."""

    __slots__ = ("_escaped", "_in_string", "deepest", "depth", "opened")

    def __init__(self) -> None:
        self.depth = 0
        self.deepest = 0
        self.opened = False
        self._in_string = False
        self._escaped = False

    @property
    def closed(self) -> bool:
        """Whether the brackets that were opened are all closed again."""
        return self.opened and self.depth <= 0 and not self._in_string

    def read(self, text: str) -> None:
        """The next fragment."""
        at, end = 0, len(text)
        if self._escaped and text:
            self._escaped = False
            at = 1
        in_string = self._in_string
        while at < end:
            match = (STRING_STEP if in_string else BRACKET).search(text, at)
            if match is None:
                break
            mark, at = match.group(), match.end()
            if mark == '"':
                in_string = not in_string
            elif mark == "\\":
                self._escaped = at == end
                at += 1
            elif mark in "{[":
                self.depth += 1
                self.opened = True
                self.deepest = max(self.deepest, self.depth)
            else:
                self.depth -= 1
        self._in_string = in_string


def _string_end(raw: str, start: int) -> int:
    """Position behind the string that begins at `start`; -1 where it does not end."""
    at = start + 1
    while (match := STRING_STEP.search(raw, at)) is not None:
        if match.group() == '"':
            return match.end()
        at = match.end() + 1
    return -1


def _word(word: str, *, last: bool) -> str:
    """What a bare word is: `value`, the name of what breaks off in it, or nothing where it is no JSON."""
    if word in LITERALS or word in NOT_FINITE:
        return "value"
    if NUMBER.fullmatch(word):
        return "a number" if last else "value"
    if last and NUMBER_BEGUN.fullmatch(word):
        return "a number"
    if last and any(name.startswith(word) for name in (*LITERALS, *NOT_FINITE)):
        return "a literal"
    return ""


AFTER_VALUE = "after value"
VALUE = "a value"
FIRST_VALUE = "an array"
KEY = "a key"
FIRST_KEY = "an object"
COLON = "a member"
"""What is expected next; as a name of what the text breaks off in, where it ends there."""


def scan(raw: str) -> Scan:
    """Read `raw` by the grammar of JSON, once."""
    stack: list[str] = []
    commas: list[int] = []
    expected = VALUE
    comma = -1
    at, end = 0, len(raw)
    while (match := TOKEN.search(raw, at)) is not None:
        start, mark = match.start(), match.group()
        at = match.end()
        if mark in ("}", "]"):
            if expected in (VALUE, KEY) and comma >= 0:
                commas.append(comma)
            elif expected not in (AFTER_VALUE, FIRST_KEY, FIRST_VALUE):
                return Scan(broken_at=start)
            if not stack or stack.pop() != mark:
                return Scan(broken_at=start)
            expected = AFTER_VALUE
            if not stack:
                return _behind(raw, at, tuple(commas))
        elif mark == ",":
            if expected != AFTER_VALUE or not stack:
                return Scan(broken_at=start)
            comma, expected = start, KEY if stack[-1] == "}" else VALUE
            continue
        elif mark == ":":
            if expected != COLON:
                return Scan(broken_at=start)
            expected = VALUE
        elif mark == '"':
            if expected in (AFTER_VALUE, COLON):
                return Scan(broken_at=start)
            at = _string_end(raw, start)
            if at < 0:
                if not stack and raw[start + 1 :].lstrip()[:1] not in ("", "{"):
                    return Scan(broken_at=start)  # no object written as a string: the beginning is lost (D21)
                return Scan(unfinished="a key" if expected in (KEY, FIRST_KEY) else "a string")
            expected = COLON if expected in (KEY, FIRST_KEY) else AFTER_VALUE
        elif expected not in (VALUE, FIRST_VALUE):
            return Scan(broken_at=start)
        elif mark in CLOSER:
            stack.append(CLOSER[mark])
            expected = FIRST_KEY if mark == "{" else FIRST_VALUE
        else:
            kind = _word(mark, last=at == end)
            if kind != "value":
                return Scan(unfinished=kind) if kind else Scan(broken_at=start)
            expected = AFTER_VALUE
        comma = -1
    if expected != AFTER_VALUE:
        return Scan(unfinished=expected)
    return Scan(missing="".join(reversed(stack)), commas=tuple(commas), end=end)


def _behind(raw: str, end: int, commas: tuple[int, ...]) -> Scan:
    """The text behind a complete value: closers too many, or something else."""
    rest = "".join(raw[end:].split())
    if rest.strip("}]"):
        return Scan(broken_at=end)
    return Scan(commas=commas, excess=len(rest), end=end)
