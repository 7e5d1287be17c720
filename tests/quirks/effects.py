"""What a quirk's declared effect promises, as something that can be checked: two readings of one recording compared.

Some members only show others from another side, or quote the wire: they may differ where what they show may differ.
"""

from msgspec.structs import replace
from piping import events_of

import streamkit
from streamkit.events import KeepAlive, MetadataReported, ProviderEvent, QuirkSeen, ResponseStarted, TextDelta
from streamkit.testing import grammar

ASIDES = (QuirkSeen, KeepAlive, ProviderEvent, MetadataReported, ResponseStarted)
"""Events that only accompany the answer; what they say of it is compared in the response."""

SHOWN_IN = {
    "text": ("items", "choices"),
    "reasoning": ("items", "choices"),
    "refusal": ("items", "choices"),
    "tool_calls": ("items", "choices"),
    "dropped_calls": ("items", "choices"),
    "finish_reason": ("choices",),
    "raw_finish_reason": ("choices",),
    "status": ("ending", "terminal_seen", "errors", "finish_details"),
}
"""Member → members that show it from another side, or follow from it."""


class Reading:
    """What streamkit makes of these bytes."""

    def __init__(self, data, dialect):
        self.events = events_of(data, dialect)
        self.response = streamkit.Response.from_events(self.events)
        self.quirks = {quirk.id for quirk in self.response.quirks}

    @property
    def members(self):
        """The response's members but its quirks; item ids that were made up here count by their order only."""
        members = {name: getattr(self.response, name) for name in self.response.__struct_fields__ if name != "quirks"}
        if members["usage"] is not None:
            members["usage"] = replace(members["usage"], raw=None)
        for name in ("tool_calls", "dropped_calls"):
            members[name] = [replace(call, item_id="") for call in members[name]]
        return members

    @property
    def news(self):
        """The events that carry the answer; neighbouring pieces of one text are one."""
        news = []
        for event in self.events:
            if isinstance(event, ASIDES):
                continue
            bare = replace(event, sequence_number=None)
            if isinstance(bare, TextDelta) and news and same_text(bare, news[-1]):
                news[-1] = replace(bare, text=news[-1].text + bare.text)
            else:
                news.append(bare)
        return news


def same_text(one, other):
    """Whether two events are pieces of the same text."""
    return isinstance(other, TextDelta) and replace(one, text="") == replace(other, text="")


def differences(healthy, planted):
    """The members in which a reading differs; more metadata than in the healthy one is no difference."""
    before, after = healthy.members, planted.members
    after["metadata"] = {name: value for name, value in after["metadata"].items() if name in before["metadata"]}
    return [name for name, value in before.items() if after[name] != value]


def violations(quirk, healthy, planted):
    """What is wrong with a reading of a recording that this quirk was planted in; nothing where its effect holds."""
    try:
        grammar.check(planted.events)
    except grammar.GrammarError as error:
        return [f"grammar: {error}"]
    if quirk.id not in planted.quirks:
        return [f"not seen; seen were {sorted(planted.quirks)}; differs in {differences(healthy, planted)}"]
    allowed = set(quirk.fields)
    allowed |= {shown for field in quirk.fields for shown in SHOWN_IN.get(field, ())}
    wrong = [f"differs in {name}" for name in differences(healthy, planted) if name not in allowed]
    if quirk.effect == "harmless" and not wrong and healthy.news != planted.news:
        wrong.append("other events")
    return wrong
