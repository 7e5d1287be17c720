import ast
import inspect

import pytest

from streamkit import errors
from streamkit.errors import ErrorInfo, StreamError, StreamkitError, UsageError, error_from


def info(kind="provider", **members):
    return ErrorInfo(kind=kind, message="boom", **members)


CLASSES = [
    (info("transport"), errors.TransportError),
    (info("stall", phase="idle", waited=3.5), errors.StallError),
    (info("truncated", code="truncated"), errors.TruncatedError),
    (info("truncated", code="no_terminal"), errors.NoTerminalError),
    (info("truncated", code="empty_stream"), errors.NoTerminalError),
    (info("wire", offset=7), errors.WireError),
    (info("wire", code="unknown_dialect"), errors.UnrecognisedDialect),
    (info("wire", code="unreadable_stream"), errors.WireError),
    (info("limit", limit="line", size=9), errors.LimitExceeded),
    (info("quirk", quirk="done_differs"), errors.QuirkRefused),
    (info(), errors.ProviderError),
    (info(code="no_terminal"), errors.ProviderError),
    (info(category="rate_limited", retry_after=2.0), errors.RateLimited),
    (info(category="overloaded"), errors.Overloaded),
    (info(category="refused"), errors.Refused),
    (info(category="quota_exceeded"), errors.QuotaExceeded),
    (info(category="context_too_long"), errors.ContextTooLong),
    (info(category="content_blocked"), errors.ContentBlocked),
    (info(category="invalid_request"), errors.InvalidRequest),
    (info(category="entitlement"), errors.Entitlement),
]


@pytest.mark.parametrize(("told", "kind"), CLASSES, ids=lambda value: getattr(value, "__name__", ""))
def test_the_class_says_what_happened(told, kind):
    partial = object()
    error = error_from(told, partial)
    assert type(error) is kind
    assert isinstance(error, StreamError)
    assert (error.info, error.partial) == (told, partial)


def test_every_class_of_stream_errors_is_made_by_something():
    made = {type(error_from(told)) for told, _ in CLASSES}
    leaves = {each for each in vars(errors).values() if inspect.isclass(each) and issubclass(each, StreamError)}
    assert leaves - made == {StreamError}


def test_the_tree():
    assert issubclass(errors.StallError, TimeoutError)
    assert issubclass(errors.NoTerminalError, errors.TruncatedError)
    assert issubclass(errors.LimitExceeded, errors.WireError)
    assert issubclass(errors.UnrecognisedDialect, errors.UnknownDialect)
    assert issubclass(errors.UnknownDialect, UsageError)
    assert issubclass(errors.ClosedPipeline, UsageError)
    assert not issubclass(UsageError, StreamError)
    assert not issubclass(errors.CaptureError, StreamError)
    classes = [each for each in vars(errors).values() if inspect.isclass(each) and issubclass(each, Exception)]
    assert all(issubclass(each, StreamkitError) for each in classes)


def test_the_docstring_draws_the_whole_tree():
    for name in errors.__all__:
        if isinstance(getattr(errors, name), type) and issubclass(getattr(errors, name), Exception):
            assert name in (errors.__doc__ or ""), name


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (info(), "boom"),
        (info(code="x1"), "boom [x1]"),
        (info(hint="wait"), "boom (wait)"),
        (info(code="x1", hint="wait"), "boom [x1] (wait)"),
    ],
)
def test_the_text_says_code_and_hint(told, text):
    assert str(error_from(told)) == text


def test_facts_are_attributes():
    provider = error_from(info(code="c", param="p", status=429, retry_after=2.0, retryable=True))
    assert (provider.code, provider.param, provider.status, provider.retry_after, provider.retryable) == (
        "c",
        "p",
        429,
        2.0,
        True,
    )
    stall = error_from(info("stall", phase="idle", waited=3.5))
    assert (stall.phase, stall.waited) == ("idle", 3.5)
    assert error_from(info("stall")).waited == 0.0
    assert error_from(info("wire", offset=7)).offset == 7
    limit = error_from(info("limit", limit="line", size=9))
    assert (limit.limit, limit.size) == ("line", 9)
    assert error_from(info("quirk", quirk="q")).quirk == "q"


def test_errors_import_nothing_of_streamkit():
    tree = ast.parse(inspect.getsource(errors))
    imported = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert not [module for module in imported if module.startswith("streamkit")]
