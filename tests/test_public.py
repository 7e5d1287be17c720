"""The public face: exactly the names that were decided, each documented and used with types."""

import ast
import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import streamkit

HERE = Path(__file__).parent
FACES = {"assemble", "iter_events", "open_stream", "EventStream", "Client", "standard"}
STAGES = {"Stage", "AsyncStage", "Timed", "Pipeline", "Strict", "Watchdog", "Limits", "Profile"}
VALUES = {"Response", "Choice", "Item", "Part", "ToolCall", "Usage", "ErrorInfo", "Frame"}
EVENTS = {
    "Event",
    "ItemEvent",
    "ResponseStarted",
    "MetadataReported",
    "ItemStarted",
    "TextDelta",
    "RefusalDelta",
    "ReasoningDelta",
    "SignatureReported",
    "ArgumentsDelta",
    "AnnotationAdded",
    "LogprobsAdded",
    "MediaAdded",
    "PartReplaced",
    "ItemFinished",
    "ToolCallReady",
    "ToolCallDropped",
    "UsageReported",
    "ResponseFinished",
    "ErrorReported",
    "KeepAlive",
    "QuirkSeen",
    "ProviderEvent",
    "StreamEnded",
}
ERRORS = {
    "StreamkitError",
    "UsageError",
    "UnknownDialect",
    "ClosedPipeline",
    "StreamError",
    "TransportError",
    "StallError",
    "TruncatedError",
    "NoTerminalError",
    "ProviderError",
    "RateLimited",
    "Overloaded",
    "Refused",
    "QuotaExceeded",
    "ContextTooLong",
    "ContentBlocked",
    "InvalidRequest",
    "Entitlement",
    "WireError",
    "LimitExceeded",
    "UnrecognisedDialect",
    "QuirkRefused",
    "CaptureError",
}
MODULES = [
    module.name
    for module in walk_packages(streamkit.__path__, "streamkit.")
    if not module.name.startswith(("streamkit.testing.", "streamkit.fuzzing.", "streamkit.audit."))
]


def test_the_public_names_are_the_decided_ones():
    assert set(streamkit.__all__) == FACES | STAGES | VALUES | EVENTS | ERRORS


def test_they_are_sorted_and_none_stands_twice():
    assert streamkit.__all__ == sorted(set(streamkit.__all__))


@pytest.mark.parametrize("name", streamkit.__all__)
def test_each_can_be_imported_and_has_a_docstring(name):
    value = getattr(streamkit, name)
    if name == "AsyncStage":
        assert "async generator" in inspect.getsource(import_module("streamkit.pipeline")).split("\nAsyncStage")[1]
        return
    text = inspect.getdoc(value) if value.__doc__ else None
    assert text, name
    assert text.split("\n")[0].rstrip().endswith((".", ";", ",", ":")) or "\n" in text


@pytest.mark.parametrize("name", sorted(EVENTS | VALUES - {"Frame"}))
def test_each_event_and_value_names_its_members_in_words(name):
    """A member whose name does not say it all has a docstring of its own, and none is left without a type."""
    assert all(hint is not None for hint in inspect.get_annotations(getattr(streamkit, name)).values())


@pytest.mark.parametrize("name", [name for name in streamkit.__all__ if inspect.isfunction(getattr(streamkit, name))])
def test_each_function_documents_its_arguments(name):
    function = getattr(streamkit, name)
    text = (inspect.getdoc(function) or "") + (inspect.getdoc(streamkit.assemble) if name == "iter_events" else "")
    for argument in inspect.signature(function).parameters:
        assert f"{argument}:" in text, argument


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonsense"):
        _ = streamkit.nonsense


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_exports_and_has_it(name):
    module = import_module(name)
    assert (module.__doc__ or "").strip(), "no docstring"
    for exported in getattr(module, "__all__", ()):
        assert hasattr(module, exported), exported
    defined = [
        key
        for key, value in vars(module).items()
        if not key.startswith("_") and getattr(value, "__module__", None) == name and inspect.isclass(value)
    ]
    undocumented = [key for key in defined if key in getattr(module, "__all__", ()) and not vars(module)[key].__doc__]
    assert undocumented == []


def test_the_typed_use_of_the_face_has_every_name():
    tree = ast.parse((HERE / "typing" / "api.py").read_text("utf-8"))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert set(streamkit.__all__) - used == set()


def test_importing_it_imports_neither_http_nor_event_loops():
    code = (
        "import sys, streamkit\n"
        "heavy = {'httpx', 'anyio', 'asyncio', 'structlog', 'stamina', 'rich', 'cyclopts', 'botocore', 'aiohttp'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "assert streamkit.Client.__name__ == 'Client'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=HERE.parent)


@pytest.mark.parametrize("cls", [streamkit.Response, streamkit.Limits, streamkit.Profile])
def test_help_explains_every_field(cls):
    told = inspect.getdoc(cls).partition("Attributes:\n")[2].partition("\n\n")[0]
    assert tuple(re.findall(r"^    (\w+): \S", told, re.MULTILINE)) == cls.__struct_fields__
