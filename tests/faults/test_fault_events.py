import pytest

from streamkit.events import ErrorReported, QuirkSeen
from streamkit.faults import looks_like_error
from streamkit.faults.events import error_events, is_warning, warning_event
from streamkit.quirks.registry import REGISTRY
from streamkit.quirks.tape import Tape


def test_g25_warnings_are_no_errors():
    warning = {"type": "warning", "message": "model overloaded, falling back"}
    assert not looks_like_error(warning)
    assert is_warning(warning)
    assert is_warning({"warnings": ["old model"], "choices": []})
    assert not is_warning({"type": "error", "warnings": ["x"]})
    event = warning_event(warning)
    assert (event.quirk, event.detail, event.data) == ("provider_warning", "model overloaded, falling back", warning)


def test_quirks_of_a_shape_come_before_the_error():
    *quirks, last = error_events([{"error": {"code": 503, "message": "m"}}])
    assert [event.quirk for event in quirks] == ["error_in_array", "error_code_number"]
    assert isinstance(last, ErrorReported)


def test_a_documented_error_shows_no_quirk():
    assert len(error_events({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})) == 1


@pytest.mark.parametrize("payload", [{"message": "m"}, {"message": "m", "code": "x"}, {"detail": "m"}, {"msg": "m"}])
def test_a_bare_message_is_named_as_flat_g04(payload):
    first, last = error_events(payload)
    assert (first.quirk, last.error.message) == ("error_flat", "m")
    assert len(error_events({"type": "error", **payload, "message": "m"})) == 1 + ("message" not in payload)


@pytest.mark.parametrize(
    "name",
    [
        "error_flat",
        "error_beside_choices",
        "status_object",
        "error_in_array",
        "failed_without_error",
        "error_not_json",
        "error_code_number",
        "entitlement_as_bad_token",
        "error_wrapped",
    ],
)
def test_planted_faults_are_recognised(name):
    data = b'event: a\ndata: {"type":"a"}\n\nevent: b\ndata: {"type":"b"}\n\n'
    tape = Tape(data, "responses")
    edits = list(REGISTRY[name].plant(tape))
    assert edits
    for edit in edits:
        payload = Tape(tape.apply([edit])).frames[-1]
        seen = [
            e.quirk
            for e in error_events(payload.json if payload.json is not None else payload.data.decode())
            if isinstance(e, QuirkSeen)
        ]
        assert name in seen


def test_planted_warnings_are_warnings():
    tape = Tape(b'data: {"a":1}\n\ndata: {"b":1}\n\n')
    (edit,) = REGISTRY["provider_warning"].plant(tape)
    assert is_warning(Tape(tape.apply([edit])).frames[1].json)
