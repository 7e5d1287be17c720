"""A body that is one error document, under status 200, is the provider's error in every dialect (A17, G04)."""

import json

import pytest

import streamkit
from streamkit.dialects.table import BUILT_IN

DOCUMENTS = {
    "request": {"message": "Key expired", "request_id": "r1"},
    "list": {"errors": [{"message": "Key expired"}]},
    "code": {"error_code": "expired", "message": "Key expired"},
    "problem": {"type": "about:blank", "title": "Forbidden", "status": 403, "detail": "Key expired"},
    "nest": {"message": "Key expired", "statusCode": 403},
}


def error_of(wire, dialect):
    with pytest.raises(streamkit.ProviderError) as caught:
        streamkit.assemble([wire], dialect=dialect)
    return caught.value.info


@pytest.mark.parametrize("dialect", [*BUILT_IN, None])
@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=list(DOCUMENTS))
def test_a17_an_error_document_is_no_empty_stream(document, dialect):
    info = error_of(json.dumps(document).encode(), dialect)
    status = 403 if "status" in document or "statusCode" in document else None
    assert (info.message, info.status, info.raw) == ("Key expired", status, document)


@pytest.mark.parametrize("wire", [b'{"error":"overloaded"}', b'data: {"error":"overloaded"}\n\n'])
def test_an_error_that_several_dialects_could_have_said_is_told_as_what_it_is(wire):
    assert error_of(wire, None).message == "overloaded"
