"""What comes beside the text: citations, annotations, media, tools of the server, metadata."""

import pytest
from chat_frames import chunk, decode, of, quirks_of, text_of

from streamkit.events import AnnotationAdded, ItemFinished, ItemStarted, MediaAdded, MetadataReported, TextDelta
from streamkit.evidence import CallFragment


def test_f12_images_among_the_parts():
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    assert of(decode(chunk({"content": [part]})), MediaAdded) == [MediaAdded(media_type="image/png", data="AA==")]


@pytest.mark.parametrize(("value", "cited"), [("u", ["u"]), ({"url": "u"}, [{"url": "u"}]), (7, None)])
def test_f11_citations_of_other_shapes(value, cited):
    events = decode(chunk({"content": "a"}, citations=value))
    assert [event.metadata["citations"] for event in of(events, MetadataReported)] == ([cited] if cited else [])


@pytest.mark.parametrize(
    ("image", "media"),
    [
        ({"b64_json": "AA=="}, MediaAdded(media_type="image", data="AA==")),
        ("https://x/y", MediaAdded(media_type="image", url="https://x/y")),
        ({"type": "output_audio", "audio": {"data": "UklG"}}, MediaAdded(media_type="audio", data="UklG")),
    ],
)
def test_f12_images_of_other_shapes(image, media):
    assert of(decode(chunk({"images": [image]})), MediaAdded) == [media]


def test_f12_an_image_that_is_none_is_named():
    events = decode(chunk({"images": [{"image_url": 7}], "audio": {"id": "a"}}))
    assert (of(events, MediaAdded), quirks_of(events)) == ([], ["member_shape"])


def test_f11_citations_once_each_in_order_of_first_sight():
    events = decode(
        chunk({"content": "a"}, citations=["u1", "u2"]),
        chunk({"content": "b"}, citations=["u1", "u2"], search_results=[{"url": "u1"}]),
        chunk({"content": "c"}, citations=["u2", "u3"]),
    )
    assert [event.metadata for event in of(events, MetadataReported)] == [
        {"citations": ["u1", "u2"]},
        {"search_results": [{"url": "u1"}]},
        {"citations": ["u1", "u2", "u3"]},
    ]
    assert (text_of(events), quirks_of(events)) == ("abc", [])


def test_f11_annotations_once_each():
    note = {"type": "url_citation", "url_citation": {"url": "u"}}
    events = decode(
        chunk({"content": "a", "annotations": [note]}), chunk({"content": "", "annotations": [note, {"b": 1}]})
    )
    assert [event.annotation for event in of(events, AnnotationAdded)] == [note, {"b": 1}]


def test_f12_images_and_audio():
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}, "index": 0}
    events = decode(
        chunk({"content": "", "images": [image]}),
        chunk({"images": [{"image_url": {"url": "https://x/y.png"}}]}),
        chunk({"audio": {"id": "a1", "data": "UklG"}}),
        chunk({"audio": {"transcript": "hi"}}),
    )
    assert of(events, MediaAdded) == [
        MediaAdded(media_type="image/png", data="iVBO", details={"index": 0}),
        MediaAdded(media_type="image", url="https://x/y.png"),
        MediaAdded(media_type="audio", data="UklG", details={"id": "a1"}),
        MediaAdded(media_type="audio", transcript="hi"),
    ]
    assert of(events, TextDelta) == []


def test_d43_tools_that_the_server_ran():
    call = {"index": 0, "type": "search", "arguments": "{}"}
    events = decode(
        chunk({"executed_tools": [call]}),
        chunk({"executed_tools": [{**call, "output": "found"}]}),
        chunk({"content": "a"}),
    )
    (started,), (finished,) = of(events, ItemStarted), of(events, ItemFinished)
    assert (started.type, started.name, started.key == finished.key) == ("executed_tool", "search", True)
    assert finished.details["output"] == "found"
    assert of(events, CallFragment) == []


def test_side_members_of_the_last_frames_are_metadata():
    events = decode(
        chunk({"content": "a"}, x_groq={"id": "req_1"}),
        chunk({}, finish="stop", created=9, timings={"predicted_n": 3}, obfuscation="zz", service_tier="default"),
    )
    assert events[0].metadata == {"created": 7, "x_groq": {"id": "req_1"}}
    assert of(events, MetadataReported) == [
        MetadataReported(metadata={"timings": {"predicted_n": 3}, "service_tier": "default"})
    ]


def test_f11_long_lists_are_told_when_they_have_grown_by_a_tenth_and_at_the_end():
    frames = [chunk({"content": "a"}, citations=[f"u{number}"]) for number in range(1000)]
    told = [len(event.metadata["citations"]) for event in of(decode(*frames), MetadataReported)]
    assert told[:12] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14]
    assert (told[-1], len(told) < 80) == (1000, True)
