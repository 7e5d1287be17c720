import asyncio
import inspect

import pytest

from streamkit.fuzzing import clients
from streamkit.fuzzing.cases import baseline
from streamkit.fuzzing.judging import judge
from streamkit.fuzzing.outcomes import outcome_of
from streamkit.fuzzing.wires import wires_of
from streamkit.testing.server import PlaybackServer

NEEDED = {
    "anthropic_messages": ("anthropic", "anthropic"),
    "langchain_anthropic": ("anthropic", "langchain_anthropic"),
    "langchain_chat": ("chat", "langchain_openai"),
    "langchain_responses": ("responses", "langchain_openai"),
    "litellm_anthropic": ("anthropic", "litellm"),
    "litellm_chat": ("chat", "litellm"),
    "openai_chat": ("chat", "openai"),
    "openai_responses": ("responses", "openai"),
    "pydantic_ai_anthropic": ("anthropic", "pydantic_ai"),
    "pydantic_ai_chat": ("chat", "pydantic_ai"),
    "pydantic_ai_responses": ("responses", "pydantic_ai"),
    "streamkit_anthropic": ("anthropic", "streamkit"),
    "streamkit_chat": ("chat", "streamkit"),
    "streamkit_responses": ("responses", "streamkit"),
}
"""Target → the dialect it speaks, and the module that must be installed."""


def test_every_target_is_known_here():
    assert set(NEEDED) == set(clients.__all__)


@pytest.mark.parametrize("name", NEEDED)
def test_healthy_wires_are_read_well(name):
    dialect, module = NEEDED[name]
    pytest.importorskip(module)
    target = getattr(clients, name)
    with PlaybackServer() as server:
        for wire in wires_of(dialect):
            case = baseline(wire)
            server.play(case.playback)
            value = target(server.url)
            value = asyncio.run(value) if inspect.iscoroutine(value) else value
            assert judge(case.expected, outcome_of(value)).survived, wire.name
