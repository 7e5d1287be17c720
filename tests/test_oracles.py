"""The official SDKs as oracles: on healthy streams they and streamkit say the same."""

import importlib.metadata
import json
import warnings

import pytest

import streamkit
from streamkit.testing.fixtures import all_fixtures
from tests.corpus import ROOT, recordings

openai = pytest.importorskip("openai")
anthropic = pytest.importorskip("anthropic")

RECORDINGS = recordings()
MOST = 60
"""Recordings of the corpus for each dialect, spread over all that are healthy."""


def client_of(package, data):
    """The SDK's own client; whatever it asks, this body is the answer."""
    requires = importlib.metadata.requires(package.__name__) or []
    http = pytest.importorskip("httpx2" if any(line.startswith("httpx2") for line in requires) else "httpx")
    headers = {"content-type": "text/event-stream"}
    transport = http.MockTransport(lambda _: http.Response(200, headers=headers, content=data))
    make = openai.OpenAI if package is openai else anthropic.Anthropic
    return make(api_key="none", http_client=http.Client(transport=transport), max_retries=0)


def parsed(arguments):
    return json.loads(arguments) if arguments else {}


def counts(usage):
    """Token counts that are above zero, at any depth."""
    plain = usage if isinstance(usage, dict) else usage.to_dict() if usage is not None else {}
    flat = {}
    for name, value in plain.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": count for inner, count in counts(value).items()}
        elif isinstance(value, int) and value:
            flat[name] = value
    return flat


def chat(data):
    client = client_of(openai, data)
    with client.chat.completions.stream(model="m", messages=[]) as stream:
        completion = stream.get_final_completion()
    message = completion.choices[0].message
    calls = [(c.id, c.function.name, parsed(c.function.arguments)) for c in message.tool_calls or ()]
    return message.content or "", message.refusal or "", calls, counts(completion.usage)


def responses(data):
    client = client_of(openai, data)
    with client.responses.stream(model="m", input="x") as stream:
        response = stream.get_final_response()
    calls = [(c.call_id, c.name, parsed(c.arguments)) for c in response.output if c.type == "function_call"]
    parts = [part for item in response.output if item.type == "message" for part in item.content]
    refusal = "".join(part.refusal for part in parts if part.type == "refusal")
    return response.output_text, refusal, calls, counts(response.usage)


def messages(data):
    client = client_of(anthropic, data)
    with client.messages.stream(model="m", max_tokens=9, messages=[]) as stream:
        message = stream.get_final_message()
    text = "".join(block.text for block in message.content if block.type == "text")
    calls = [(block.id, block.name, block.input) for block in message.content if block.type == "tool_use"]
    return text, "", calls, counts(message.usage)


ORACLES = {"chat": chat, "responses": responses, "anthropic": messages}


def ours(data, dialect):
    response = streamkit.assemble(data, dialect)
    calls = [(call.call_id, call.name, call.input) for call in response.tool_calls if call.kind == "function"]
    return response.text, response.refusal, calls, counts(response.usage.raw if response.usage else {})


def theirs(data, dialect):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # their own deprecations and serialisation warnings
        return ORACLES[dialect](data)


def healthy(dialect):
    """Recordings of this dialect without any quirk."""
    found = []
    for recording in RECORDINGS:
        if recording.dialect == dialect and not recording.synthetic:
            response = streamkit.assemble(recording.data, dialect, on_error="event")
            if response.status == "completed" and not response.quirks:
                found.append(recording)
    return found[:: max(1, len(found) // MOST)][:MOST]


STUMBLES = {
    "chat/groq-usage-wrapper": "it does not look for usage inside `x_groq`",
    "chat/minimax-name-repeated": "it strings repeated names together (D04)",
    "chat/relay-name-extended": "likewise (D05)",
    "chat/openai-two-choices": "it raises for the second choice, which was cut by length",
    "responses/codex-commentary": "it counts commentary as answer text (B15)",
    "responses/codex-parts-unannounced": "it raises where no part was announced (B06)",
    "responses/relay-output-other-text": "it believes the terminal frame (C02)",
}
"""Healthy fixtures on which the SDK is no oracle, and why."""

FIXTURES = [
    fixture
    for fixture in all_fixtures()
    if fixture.healthy and fixture.dialect in ORACLES and fixture.id not in STUMBLES
]


def test_the_fixtures_on_which_the_sdks_stumble_are_there():
    assert set(STUMBLES) <= {fixture.id for fixture in all_fixtures()}


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda fixture: fixture.id)
def test_fixtures(fixture):
    assert ours(fixture.data, fixture.dialect) == theirs(fixture.data, fixture.dialect)


@pytest.mark.skipif(not RECORDINGS, reason=f"no corpus at {ROOT} (set STREAMKIT_CORPUS)")
@pytest.mark.parametrize("dialect", ORACLES)
def test_recordings(dialect):
    """On healthy recordings; the few on which the SDK itself raises say nothing."""
    chosen = healthy(dialect)
    differences, silent = {}, []
    for recording in chosen:
        try:
            told = theirs(recording.data, dialect)
        except AssertionError:  # their accumulators assert that frames come as they expect
            silent.append(recording.id)
            continue
        mine = ours(recording.data, dialect)
        if not told[3]:  # no usage where they look for it
            mine = (*mine[:3], told[3])
        if mine != told:
            differences[recording.id] = (mine, told)
    assert differences == {}
    assert len(chosen) - len(silent) > 50
