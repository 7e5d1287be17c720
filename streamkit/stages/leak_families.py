"""How models write their calls themselves, and how such a piece is read where it is asked for (D32-D34)."""

import re
from collections.abc import Collection, Iterator

import msgspec

from streamkit.jsontypes import Json, is_object
from streamkit.lazy_patterns import LazyPattern

__all__ = ["FAMILIES", "Family", "recovered"]

BAR = "[|｜]"
GAP = "[_▁]"
FENCE = "```"


class Family(msgspec.Struct, frozen=True):
    """One way of writing calls: what opens a section of them and what closes it."""

    name: str
    openers: tuple[str, ...]
    closer: re.Pattern[str]
    call: LazyPattern = LazyPattern("")
    """What the text behind an opener begins with, where a call stands there."""
    begun: LazyPattern = LazyPattern("")
    """All of the text behind an opener, where it may still become `call`; in its group `word` stands what a call that
    was cut off is not taken for: words of prose look the same. Its length is bounded, as is that of `call`."""
    boundary: bool = False
    """Whether an opener counts only at the start of the text or of a line, as a tag that prose may mention."""

    def opens(self, text: str, place: int, *, final: bool) -> bool | None:
        """Whether a call follows an opener that ends at `place`; None where more text must tell, and is to come."""
        if self.call.match(text, place):
            return True
        begun = self.begun.fullmatch(text, place)
        if begun is None or (final and begun.lastgroup == "word"):
            return False
        return True if final else None


def _section(name: str, *words: str, closer: str, call: LazyPattern, begun: LazyPattern) -> Family:
    spellings = [f"<{bar}{word.replace(' ', gap)}{bar}>" for word in words for bar in "|｜" for gap in "_▁"]
    return Family(name, tuple(dict.fromkeys(spellings)), re.compile(closer), call, begun)


MOST = 200
"""Characters of white space or of a name that may stand in front of what shows a call."""
SPACE = rf"\s{{0,{MOST}}}+"
PART = rf"""[^\s<>{{}}\[\]()|｜`"',;]{{0,{MOST}}}"""
NAME = rf"{PART}\w"
LINE = r"[^\S\n]{0,8}\n"
"""The end of a line, and white space before it."""

# A control token follows, or a name (in front of which the server may have eaten a token) with its arguments.
# DeepSeek writes the word "function" before the name.
FUNCTION = rf"(?:function\s{{1,{MOST}}}+)?"
TOKEN_CALL = LazyPattern(
    rf"{SPACE}(?:\{{|<{BAR}tool|{FUNCTION}{NAME}(?:[{{<]|{LINE}{SPACE}(?:\{{|{FENCE})|{SPACE}<{BAR}tool{GAP}(?:sep|call{GAP}arg)))"
)
TOKEN_BEGUN = LazyPattern(
    rf"(?:{SPACE}(?:<(?:{BAR}t?o?o?)?)?|{FUNCTION}{NAME}(?:[.:]|{LINE}{SPACE}`{{0,2}})?"
    rf"|(?P<word>{SPACE}{FUNCTION}{PART}{SPACE}(?:`{{0,2}}|<{BAR}\w{{0,4}}{GAP}?\w{{0,4}}{GAP}?\w{{0,3}}|<)))"
)
DSML_CALL = LazyPattern(rf"{SPACE}(?:<?/?{BAR}DSML{BAR}|<invoke)")
DSML_BEGUN = LazyPattern(rf"{SPACE}(?:<?/?(?:{BAR}D?S?M?L?)?|<i?n?v?o?k?)")
# Hermes and Qwen: JSON. Qwen Coder: `<function=`. GLM: a name, with `<arg_key>` in the same line or the next.
TAG_CALL = LazyPattern(
    rf"{SPACE}(?:[{{\[]|{FENCE}json|<(?:function|arg_key|invoke|tool_call>))|{NAME}(?:\r?\n|<)"
    rf"|{SPACE}{NAME}{SPACE}<(?:arg_key|tool_sep|/tool_call)"
)
TAG_BEGUN = LazyPattern(
    rf"{SPACE}(?:`{{0,3}}|{FENCE}js?o?|<[/\w]{{0,9}})|{NAME}\r?|(?P<word>{SPACE}{PART}{SPACE}(?:<[/\w]{{0,9}})?)"
)
# Qwen Coder: parameters in tags. Llama: a JSON object, for which the `>` may be missing.
FUNCTION_NAME = rf"[^\s<>{{}}()\[\],]{{1,{MOST}}}"
FUNCTION_CALL = LazyPattern(rf"{FUNCTION_NAME}(?:>{SPACE}(?:\{{|<param|</(?:function|tool_call)>)|[\s,(\[]{{0,20}}\{{)")
FUNCTION_BEGUN = LazyPattern(rf"(?:{FUNCTION_NAME}(?:>{SPACE}(?:<[/\w]{{0,10}})?|[\s,(\[]{{0,20}})?)?")

FAMILIES: tuple[Family, ...] = (
    Family(
        "kimi",
        ("<|tool_calls_section_begin|>", "<|tool_call_begin|>"),
        re.compile(r"<\|tool_calls_section_end\|>"),
        TOKEN_CALL,
        TOKEN_BEGUN,
    ),
    _section(
        "deepseek",
        "tool calls begin",
        "tool call begin",
        closer=rf"<{BAR}tool{GAP}calls{GAP}end{BAR}>",
        call=TOKEN_CALL,
        begun=TOKEN_BEGUN,
    ),
    Family(
        "dsml",
        tuple(f"<{bar}DSML{bar}{word}>" for bar in "|｜" for word in ("function_calls", "tool_calls")),
        re.compile(rf"</{BAR}DSML{BAR}(?:function_calls|tool_calls)>"),
        DSML_CALL,
        DSML_BEGUN,
    ),
    Family("hermes", ("<tool_call>",), re.compile(r"</tool_call>"), TAG_CALL, TAG_BEGUN, boundary=True),
    Family("function", ("<function=",), re.compile(r"</function>"), FUNCTION_CALL, FUNCTION_BEGUN, boundary=True),
)
"""The families, in the order in which their openers are tried: Kimi's before DeepSeek's, whose words are alike."""

Bounds = tuple[LazyPattern, LazyPattern]
"""How a piece of a section begins and how it ends."""

_CALLS: tuple[Bounds, ...] = (
    (
        LazyPattern(r"<\|tool_call_begin\|>\s*(?:functions\.)?([^\s<:]+)(?::\d+)?\s*<\|tool_call_argument_begin\|>"),
        LazyPattern(r"<\|tool_call_end\|>"),
    ),
    (
        LazyPattern(
            rf"<{BAR}tool{GAP}call{GAP}begin{BAR}>(?:function)?(?:<{BAR}tool{GAP}sep{BAR}>)?\s*([^\s<]+)"
            rf"(?:\s*+<{BAR}tool{GAP}sep{BAR}>|[^\S\n]*+\n)"
        ),
        LazyPattern(rf"<{BAR}tool{GAP}call{GAP}end{BAR}>"),
    ),
)
"""Kimi, DeepSeek: a name, then arguments, which may stand in a fence."""
_INVOKE: Bounds = LazyPattern(rf'<{BAR}DSML{BAR}invoke name="([^"]+)">'), LazyPattern(rf"</{BAR}DSML{BAR}invoke>")
_MEMBER: Bounds = (
    LazyPattern(rf'<{BAR}DSML{BAR}parameter name="([^"]+)"(?: string="(true|false)")?>'),
    LazyPattern(rf"</{BAR}DSML{BAR}parameter>"),
)
_HERMES: Bounds = LazyPattern("<tool_call>"), LazyPattern("</tool_call>")
_FUNCTION: Bounds = LazyPattern(r"<function=([^<>\s]+)>"), LazyPattern("</function>")
_PARAMETER: Bounds = LazyPattern(r"<parameter=([^<>\s]+)>\n?"), LazyPattern("</parameter>")

Call = tuple[str, str]
"""Name and argument text."""


def recovered(raw: str, tools: Collection[str] | None) -> list[Call]:
    """The calls in a complete section; none unless each of them names an offered tool and has a JSON object."""
    try:
        calls = list(_calls(raw))
    except (UnicodeEncodeError, RecursionError):  # what cannot be written as JSON (J01, J05)
        return []
    known = all(tools is not None and name in tools and _is_object(text) for name, text in calls)
    return calls if known else []


def _calls(raw: str) -> Iterator[Call]:
    for bounds in _CALLS:
        for begun, text in _pieces(raw, bounds):
            yield begun[1], _unfenced(text.strip())
    for begun, inner in _pieces(raw, _INVOKE):
        members = _pieces(inner, _MEMBER)
        values = {member[1]: value if member[2] != "false" else _value(value) for member, value in members}
        yield begun[1], _text(values)
    for _, body in _pieces(raw, _HERMES):
        value = _value(body)
        if is_object(value):
            arguments = value.get("arguments")
            yield str(value.get("name")), arguments if isinstance(arguments, str) else _text(arguments or {})
    for begun, inner in _pieces(raw, _FUNCTION):
        parameters = {member[1]: text.removesuffix("\n") for member, text in _pieces(inner, _PARAMETER)}
        yield begun[1], _text(parameters) if parameters or not inner.strip() else _unfenced(inner.strip())


def _pieces(raw: str, bounds: Bounds) -> Iterator[tuple[re.Match[str], str]]:
    """What stands between each beginning and the next end, with the beginning; each character is looked at once."""
    begins, ends = bounds
    at = 0
    while (begun := begins.search(raw, at)) and (ended := ends.search(raw, begun.end())):
        yield begun, raw[begun.end() : ended.start()]
        at = ended.end()


def _unfenced(text: str) -> str:
    """The content of a fence, if the text is one."""
    if len(text) < 2 * len(FENCE) or not (text.startswith(FENCE) and text.endswith(FENCE)):
        return text
    return text[len(FENCE) : -len(FENCE)].removeprefix("json").strip()


def _value(text: str) -> Json:
    try:
        return msgspec.json.decode(text.strip().encode())
    except (ValueError, RecursionError):
        return text


def _text(value: Json) -> str:
    return msgspec.json.encode(value).decode()


def _is_object(text: str) -> bool:
    return is_object(_value(text))
