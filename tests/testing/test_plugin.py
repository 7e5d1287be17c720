import subprocess
import sys

import pytest

from streamkit.errors import CaptureError, UsageError
from streamkit.quirks.catalogue import all_quirks
from streamkit.testing.replay import find_recording, load_recording

pytest_plugins = ["pytester"]
all_quirks()  # pytester forgets what its runs import, and quirks must not be registered twice

HELLO = (
    b'data: {"id":"r1","object":"chat.completion.chunk","created":1,"model":"m1","choices":[{"index":0,'
    b'"delta":{"role":"assistant","content":"Hello"},"finish_reason":null}]}\n\n'
    b'data: {"id":"r1","object":"chat.completion.chunk","created":1,"model":"m1","choices":[{"index":0,'
    b'"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
)


@pytest.fixture
def project(pytester):
    pytester.path.joinpath("hello.sse").write_bytes(HELLO)
    pytester.makeini("[pytest]\naddopts = --strict-markers\n")
    return pytester


def run(project, code):
    project.makepyfile("import httpx, pytest\n" + code)
    return project.runpytest_inprocess("-p", "streamkit_pytest", "-p", "no:cacheprovider")


def test_the_server_plays_the_marked_recording(project):
    result = run(
        project,
        """
@pytest.mark.streamkit("hello")
def test_it(streamkit_server, streamkit_replay):
    assert httpx.post(streamkit_server.url).content == streamkit_replay().data
    assert streamkit_replay().response().text == "Hello"
    assert streamkit_replay("hello.sse").response().text == "Hello"
""",
    )
    result.assert_outcomes(passed=1)


def test_a_quirk_is_planted_and_faults_are_played(project):
    result = run(
        project,
        """
from streamkit.testing.faults import Reset

@pytest.mark.streamkit("hello", quirk="end_marker_missing", dialect="chat")
def test_planted(streamkit_server):
    assert b"DONE" not in httpx.post(streamkit_server.url).content

@pytest.mark.streamkit("hello.sse", faults=[Reset(at=10)])
def test_broken(streamkit_server):
    with pytest.raises(httpx.HTTPError):
        httpx.post(streamkit_server.url)
""",
    )
    result.assert_outcomes(passed=2)


def test_without_a_marker_the_server_waits_for_what_to_play(project):
    result = run(
        project,
        """
def test_it(streamkit_server):
    streamkit_server.play(b"data: x\\n\\n")
    assert httpx.post(streamkit_server.url).content == b"data: x\\n\\n"
""",
    )
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("", "*names no recording*"),
        ('@pytest.mark.streamkit("nowhere")', "*no recording 'nowhere'*"),
        ('@pytest.mark.streamkit("hello", quirk="nonsense")', "*there is no quirk 'nonsense'*"),
        ('@pytest.mark.streamkit("hello", quirk="end_marker_missing", place=9)', "*at 1 places*"),
        ('@pytest.mark.streamkit("hello", place="first")', "*recording, ?, quirk, place*"),
        ('@pytest.mark.streamkit("hello", quirks="empty_data")', "*unknown field `quirks`*"),
        ("@pytest.mark.streamkit()", "*recording, ?, quirk, place*"),
    ],
)
def test_what_cannot_be_done_is_said(project, marker, message):
    result = run(project, f"{marker}\ndef test_it(streamkit_replay):\n    streamkit_replay()\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([message])


def test_loading_the_plugin_imports_nothing_heavy():
    code = (
        "import sys, streamkit_pytest\n"
        "heavy = {'streamkit', 'httpx', 'hypothesis', 'msgspec', 'anyio'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_recordings_are_found_by_path_and_folder(tmp_path):
    tmp_path.joinpath("hello.sse").write_bytes(HELLO)
    assert find_recording("hello", [tmp_path]).data == HELLO
    assert find_recording(str(tmp_path / "hello")).framing == "sse"
    with pytest.raises(CaptureError):
        load_recording(tmp_path / "other.sse")
    with pytest.raises(CaptureError):
        find_recording("other", [tmp_path])


def test_a_fixture_brings_what_is_known_of_it():
    recording = find_recording("fixtures/ollama/chat", [__file__.rpartition("/tests/")[0]])
    assert (recording.dialect, recording.framing) == ("ollama", "ndjson")
    assert recording.response().status == recording.expected["status"]
    assert list(recording.events()) == list(recording.events([recording.data]))
    assert recording.playback().content_type == "application/x-ndjson"


def test_a_planted_recording_shows_its_quirk(tmp_path):
    tmp_path.joinpath("hello.sse").write_bytes(HELLO)
    recording = load_recording(tmp_path / "hello.sse")
    assert [quirk.id for quirk in recording.planted("end_marker_missing").response().quirks] == ["end_marker_missing"]
    with pytest.raises(UsageError):
        recording.planted("end_marker_missing", 1)
