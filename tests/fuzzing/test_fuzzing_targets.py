import sys

import pytest

from streamkit.errors import UsageError
from streamkit.fuzzing import targets
from streamkit.fuzzing.outcomes import Call, Outcome
from streamkit.fuzzing.targets import CommandTarget, FunctionTarget, target_named
from streamkit.testing.server import PlaybackServer

HEALTHY = (
    b'data: {"id":"c1","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"role":"assistant",'
    b'"content":"Hi","tool_calls":[{"index":0,"id":"k","type":"function","function":{"name":"f","arguments":"{}"}}]},'
    b'"finish_reason":"tool_calls"}]}\n\ndata: [DONE]\n\n'
)
READ = Outcome(text="Hi", tool_calls=(Call("f", "{}"),))
LONG = 60.0


@pytest.fixture
def server():
    with PlaybackServer() as running:
        running.play(HEALTHY)
        yield running


@pytest.fixture
def function():
    made = []

    def make(name):
        made.append(FunctionTarget(f"subjects:{name}"))
        return made[-1]

    yield make
    for target in made:
        target.close()


def test_the_name_says_what_it_is():
    assert isinstance(target_named("my_app.client:ask"), FunctionTarget)
    assert isinstance(target_named("curl -s {url}"), CommandTarget)
    assert isinstance(target_named("python ask.py"), CommandTarget)


@pytest.mark.parametrize("name", ["naive", "tolerant"])
def test_a_function_sync_or_async(server, function, name):
    target = function(name)
    assert target.run(server.url, LONG) == READ
    assert target.run(server.url, LONG) == READ


def test_what_it_raises_is_its_outcome(server, function):
    target = function("naive")
    server.play(b"data: {\n\n")
    assert target.run(server.url, LONG).error.startswith("json.decoder.JSONDecodeError")
    server.play(HEALTHY)
    assert target.run(server.url, LONG) == READ


def test_a_hanging_function_is_ended_and_started_anew(server, function):
    target = function("hanging")
    assert target.run(server.url, LONG) == READ
    server.play(b"data: \n\n" + HEALTHY)
    assert target.run(server.url, 0.2) == Outcome(hung=True)
    server.play(HEALTHY)
    assert target.run(server.url, LONG) == READ


def test_a_dying_function_is_started_anew(server, function):
    target = function("fragile")
    server.play(b"data: \n\n" + HEALTHY)
    assert target.run(server.url, LONG) == Outcome(died=True, error="its process ended with 7")
    server.play(HEALTHY)
    assert target.run(server.url, LONG) == READ


def test_odd_values_come_back_whole(server, function):
    outcome = function("halves").run(server.url, LONG)
    assert (outcome.text, outcome.tool_calls[0].arguments) == ("\\ud83d", {"\\ude00": ["\\ud83d", 1]})
    assert "could not be written" in function("unwritable").run(server.url, LONG).error


@pytest.mark.parametrize("name", ["missing", "not_callable", "rude"])
def test_what_cannot_be_run_is_the_callers_mistake(server, function, name):
    with pytest.raises(UsageError):
        function(name).run(server.url, LONG)


def test_a_module_that_does_not_load(server, monkeypatch, tmp_path):
    with pytest.raises(UsageError, match="no_such_module"):
        FunctionTarget("no_such_module:f").run(server.url, LONG)
    # not waited for: the process that loads it is ended after LOADING seconds
    (tmp_path / "slow.py").write_text("import time\ntime.sleep(60)\n")
    (tmp_path / "dead.py").write_text("import os\nos._exit(1)\n")
    monkeypatch.setenv("PYTHONPATH", f"{sys.path[0]}:{tmp_path}", prepend=":")
    with pytest.raises(UsageError, match="process ended"):
        FunctionTarget("dead:f").run(server.url, LONG)
    monkeypatch.setattr(targets, "LOADING", 0.2)
    with pytest.raises(UsageError, match="not loaded"):
        FunctionTarget("slow:f").run(server.url, LONG)


def command(code):
    return f'"{sys.executable}" -c "{code}"'


def test_a_command_gets_the_address_and_prints_json(server):
    told = command("import os; print('{\\\"text\\\": \\\"' + os.environ['STREAMKIT_URL'] + ' {url}\\\"}')")
    assert CommandTarget(told).run(server.url, LONG) == Outcome(text=f"{server.url} {server.url}")


def test_a_command_that_fails_has_raised():
    failed = CommandTarget(command("import sys; sys.exit('out of luck')")).run("http://x", LONG)
    assert failed == Outcome(error="out of luck")
    assert CommandTarget("exit 4").run("http://x", LONG) == Outcome(error="exit code 4")


def test_a_command_that_hangs_is_ended():
    assert CommandTarget("sleep 60").run("http://x", 0.2) == Outcome(hung=True)


@pytest.mark.parametrize("printed", ["print('Hello')", "print(7)"])
def test_a_command_that_prints_something_else(printed):
    with pytest.raises(UsageError):
        CommandTarget(command(printed)).run("http://x", LONG)


def test_no_proxy_stands_between(server, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "example.org")
    code = "import os; print('{\\\"text\\\": \\\"' + os.environ['NO_PROXY'] + '\\\"}')"
    assert CommandTarget(command(code)).run(server.url, LONG).text == "example.org,127.0.0.1"
