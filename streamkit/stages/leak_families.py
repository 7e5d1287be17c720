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

_KIMI = LazyPattern(
    r"<\|tool_call_begin\|>\s*(?:functions\.)?([^\s<:]+)(?::\d+)?\s*<\|tool_call_argument_begin\|>(.*?)<\|tool_call_end\|>",
    re.DOTALL,
)
_DEEPSEEK = LazyPattern(
    rf"<{BAR}tool{GAP}call{GAP}begin{BAR}>(?:function)?(?:<{BAR}tool{GAP}sep{BAR}>)?\s*([^\s<]+)\s*"
    rf"(?:<{BAR}tool{GAP}sep{BAR}>|\n)(.*?)<{BAR}tool{GAP}call{GAP}end{BAR}>",
    re.DOTALL,
)
_HERMES = re.compile(r"<tool_call>(.*?)</tool_call>", re.DOTALL)
_FUNCTION = re.compile(r"<function=([^>\s]+)>(.*?)</function>", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([^>\s]+)>\n?(.*?)\n?</parameter>", re.DOTALL)
_INVOKE = LazyPattern(rf'<{BAR}DSML{BAR}invoke name="([^"]+)">(.*?)</{BAR}DSML{BAR}invoke>', re.DOTALL)
_MEMBER = LazyPattern(
    rf'<{BAR}DSML{BAR}parameter name="([^"]+)"(?: string="(true|false)")?>(.*?)</{BAR}DSML{BAR}parameter>', re.DOTALL
)
_FENCE = re.compile(r"\A\s*```(?:json)?\s*\n?(.*?)\n?```\s*\Z", re.DOTALL)

Call = tuple[str, str]
"""Name and argument text."""


def recovered(raw: str, tools: Collection[str] | None) -> list[Call]:
    """The calls in a complete section; none unless each of them names an offered tool and has a JSON object."""
    calls = list(_calls(raw))
    known = all(tools is not None and name in tools and _is_object(text) for name, text in calls)
    return calls if known else []


def _calls(raw: str) -> Iterator[Call]:
    for pattern in (_KIMI, _DEEPSEEK):
        for name, text in pattern.findall(raw):
            fenced = _FENCE.match(text)
            yield name, (fenced[1] if fenced else text).strip()
    for name, inner in _INVOKE.findall(raw):
        values = {key: value if kind != "false" else _value(value) for key, kind, value in _MEMBER.findall(inner)}
        yield name, _text(values)
    for body in _HERMES.findall(raw):
        value = _value(body)
        if is_object(value):
            arguments = value.get("arguments")
            yield str(value.get("name")), arguments if isinstance(arguments, str) else _text(arguments or {})
    for name, inner in _FUNCTION.findall(raw):
        yield name, _text(dict(_PARAMETER.findall(inner)))


def _value(text: str) -> Json:
    try:
        return msgspec.json.decode(text.strip().encode())
    except (ValueError, RecursionError):
        return text


def _text(value: Json) -> str:
    return msgspec.json.encode(value).decode()


def _is_object(text: str) -> bool:
    return is_object(_value(text))
