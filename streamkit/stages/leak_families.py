"""How models write their calls themselves, and how such a piece is read where it is asked for (D32-D34)."""

import re
from collections.abc import Collection, Iterator

import msgspec

from streamkit.jsontypes import Json, is_object
from streamkit.lazy_patterns import LazyPattern

__all__ = ["FAMILIES", "Family", "recovered"]

BAR = "[|｜]"
GAP = "[_▁]"


class Family(msgspec.Struct, frozen=True):
    """One way of writing calls: what opens a section of them and what closes it."""

    name: str
    openers: tuple[str, ...]
    closer: re.Pattern[str]
    boundary: bool = False
    """Whether an opener counts only at the start of the text or of a line, as a tag that prose may mention."""


def _section(name: str, *words: str, closer: str) -> Family:
    spellings = [f"<{bar}{word.replace(' ', gap)}{bar}>" for word in words for bar in "|｜" for gap in "_▁"]
    return Family(name, tuple(dict.fromkeys(spellings)), re.compile(closer))


FAMILIES: tuple[Family, ...] = (
    Family(
        "kimi",
        ("<|tool_calls_section_begin|>", "<|tool_call_begin|>"),
        re.compile(r"<\|tool_calls_section_end\|>"),
    ),
    _section("deepseek", "tool calls begin", "tool call begin", closer=rf"<{BAR}tool{GAP}calls{GAP}end{BAR}>"),
    Family(
        "dsml",
        tuple(f"<{bar}DSML{bar}{word}>" for bar in "|｜" for word in ("function_calls", "tool_calls")),
        re.compile(rf"</{BAR}DSML{BAR}(?:function_calls|tool_calls)>"),
    ),
    Family("hermes", ("<tool_call>",), re.compile(r"</tool_call>"), boundary=True),
    Family("function", ("<function=",), re.compile(r"</function>"), boundary=True),
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
_FENCE = "```"

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
        yield begun[1], _text({member[1]: text.removesuffix("\n") for member, text in _pieces(inner, _PARAMETER)})


def _pieces(raw: str, bounds: Bounds) -> Iterator[tuple[re.Match[str], str]]:
    """What stands between each beginning and the next end, with the beginning; each character is looked at once."""
    begins, ends = bounds
    at = 0
    while (begun := begins.search(raw, at)) and (ended := ends.search(raw, begun.end())):
        yield begun, raw[begun.end() : ended.start()]
        at = ended.end()


def _unfenced(text: str) -> str:
    """The content of a fence, if the text is one."""
    if len(text) < 2 * len(_FENCE) or not (text.startswith(_FENCE) and text.endswith(_FENCE)):
        return text
    return text[len(_FENCE) : -len(_FENCE)].removeprefix("json").strip()


def _value(text: str) -> Json:
    try:
        return msgspec.json.decode(text.strip().encode())
    except (ValueError, RecursionError):
        return text


def _text(value: Json) -> str:
    return msgspec.json.encode(value).decode()


def _is_object(text: str) -> bool:
    return is_object(_value(text))
