"""What a caller knows about an endpoint: switches that are off by default, each for a behaviour that bytes do not tell.

```python
streamkit.assemble(chunks, "chat", profile=Profile(starts_in_think=True, recover_calls=True), tools={"ls"})
```

A profile makes the stages that its switches ask for; each of them can be built by hand as well.
"""

from collections.abc import Collection
from typing import Any, cast

import msgspec

from streamkit.errors import UsageError
from streamkit.jsontypes import Json, JsonObject, is_array, is_object
from streamkit.stages.answer_in_reasoning import AnswerInReasoning
from streamkit.stages.cumulative import Cumulative, CumulativeWatch
from streamkit.stages.echoes import PrefillEcho, RepeatedReasoning
from streamkit.stages.expectations import Expectations
from streamkit.stages.repetition import RepetitionGuard
from streamkit.stages.schemas import ToolSchemas
from streamkit.stages.terminal_flag import TerminalFlag
from streamkit.stages.think_names import DEFAULT_NAMES

__all__ = ["DEFAULT_PROFILE", "Profile"]

SWITCHES = (
    "cumulative",
    "starts_in_think",
    "think_brackets",
    "recover_calls",
    "answer_in_reasoning",
    "drop_repeated_reasoning",
)


class Profile(msgspec.Struct, kw_only=True, frozen=True):
    """The switches of one endpoint or request; as it is made, all are off.

    Attributes:
        cumulative: each piece of text holds the whole text so far.
        starts_in_think: the template opens the think block, so that only its closer comes.
        think_names: names of tags that hold reasoning.
        think_brackets: think tags in square brackets count as well.
        recover_calls: complete calls to offered tools are read from markup that leaked into the text; needs `tools=`.
            Tags that prose may mention, such as `<tool_call>`, count at the start of a line only.
        answer_in_reasoning: the answer may come in the reasoning channel.
        drop_repeated_reasoning: pieces of reasoning that repeat the one before are placeholders, and dropped.
        terminal_flag: name of a member of a frame that says that the answer is over.
        prefill: the assistant message that the request ended with, where the endpoint repeats it as its first piece.
        tool_schemas: JSON Schema of the arguments of each tool, by the tool's name: `required` members, and where
            lists and objects are wanted; it does not replace a validation.
        max_output_tokens: the cap that was asked for, in tokens.
        context_window: what the model can take in, in tokens.
        stop_repetition: how often in a row the same few characters may come before reading stops; 0 for no bound.

    Raises:
        UsageError: a switch is none of what it may be.
    """

    cumulative: bool = False
    """Each piece of text holds the whole text so far (F07)."""
    starts_in_think: bool = False
    """The template opens the think block, so that only its closer comes (E04)."""
    think_names: tuple[str, ...] = DEFAULT_NAMES
    """Names of tags that hold reasoning (E06)."""
    think_brackets: bool = False
    """Think tags in square brackets count as well (E06)."""
    recover_calls: bool = False
    """Complete calls to offered tools are read from markup that leaked into the text (D32-D34)."""
    answer_in_reasoning: bool = False
    """The answer may come in the reasoning channel (E21)."""
    drop_repeated_reasoning: bool = False
    """Pieces of reasoning that repeat the one before are placeholders (E16)."""
    terminal_flag: str = ""
    """A member of a frame that says that the answer is over (C33)."""
    prefill: str = ""
    """The assistant message that the request ended with, where the endpoint repeats it (F16)."""
    tool_schemas: dict[str, JsonObject] | None = None
    """JSON Schema of each tool's arguments, to judge calls by (D21, D22, D51)."""
    max_output_tokens: int | None = None
    """The cap that was asked for (C43)."""
    context_window: int | None = None
    """Tokens that the model can take in (G19)."""
    stop_repetition: int = 0
    """How often in a row the same few characters may come before reading stops; 0: without bound (J15)."""

    def __post_init__(self) -> None:
        """Refuse what is no such switch."""
        for name in SWITCHES:
            if not isinstance(getattr(self, name), bool):
                raise self._not(name, "True or False")
        for name in ("terminal_flag", "prefill"):
            if not isinstance(getattr(self, name), str):
                raise self._not(name, "a string")
        names = cast("object", self.think_names)
        if isinstance(names, str) or not isinstance(names, Collection) or not _all_named(names):
            raise self._not("think_names", 'a tuple of names such as ("think",)')
        schemas: Json = self.tool_schemas
        if not (schemas is None or (is_object(schemas) and all(map(_is_schema, schemas.values())))):
            raise self._not("tool_schemas", "a JSON Schema (an object) for each tool's name, or None")
        for name in ("max_output_tokens", "context_window"):
            if getattr(self, name) is not None and not _counts(getattr(self, name), 1):
                raise self._not(name, "a whole number above 0, or None")
        if not _counts(self.stop_repetition, 0):
            raise self._not("stop_repetition", "a whole number, 0 for no bound")

    def _not(self, name: str, allowed: str) -> UsageError:
        return UsageError(f"Profile({name}={getattr(self, name)!r:.80}) is not allowed: {allowed}")

    def behind_decoder(self) -> list[Any]:
        """Stages for the place directly behind the decoder."""
        out: list[Any] = [TerminalFlag(self.terminal_flag)] if self.terminal_flag else []
        out.append(Cumulative() if self.cumulative else CumulativeWatch())
        if self.prefill:
            out.append(PrefillEcho(self.prefill))
        if self.drop_repeated_reasoning:
            out.append(RepeatedReasoning())
        return out

    def behind_calls(self) -> list[Any]:
        """Stages for the place behind `ToolCalls`, before the user's own."""
        out: list[Any] = [ToolSchemas(self.tool_schemas)] if self.tool_schemas else []
        if self.answer_in_reasoning:
            out.append(AnswerInReasoning())
        if self.max_output_tokens is not None or self.context_window is not None:
            out.append(Expectations(max_output_tokens=self.max_output_tokens, context_window=self.context_window))
        if self.stop_repetition:
            out.append(RepetitionGuard(self.stop_repetition))
        return out


def _all_named(names: Any) -> bool:
    return all(isinstance(name, str) and name for name in names)


def _is_schema(schema: Json) -> bool:
    required = schema.get("required", []) if is_object(schema) else None
    return is_array(required) and _all_named(required)


def _counts(number: object, least: int) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number >= least


DEFAULT_PROFILE = Profile()
