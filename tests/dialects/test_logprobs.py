"""Log probabilities of tokens: what each dialect sends of them arrives whole, once, and behind its text."""

import json

import pytest

import streamkit
from streamkit.dialects.logprobs import entries, kinds_of_logprobs
from streamkit.events import LogprobsAdded, ReasoningDelta, TextDelta
from streamkit.testing.grammar import check
from tests.dialects.responses_wire import CREATED, added, delta, done, ended, message, numbered, piece
from tests.dialects.responses_wire import sse as responses_sse

A, B, C = ({"token": name, "logprob": -0.5, "bytes": [97 + at]} for at, name in enumerate("abc"))


def log_of(body, dialect):
    """The events of a body, the same response for three ways of cutting; the grammar holds."""
    log = list(streamkit.iter_events([body], dialect, on_error="event"))
    check(log)
    response = streamkit.Response.from_events(log)
    for size in (1, 23):
        pieces = [body[at : at + size] for at in range(0, len(body), size)]
        assert streamkit.assemble(pieces, dialect, on_error="event").to_dict() == response.to_dict()
    return log


def read(body, dialect):
    return streamkit.Response.from_events(log_of(body, dialect))


def items(response):
    return [(item.type, item.text or item.reasoning, item.logprobs) for item in response.items]


def quirks(response):
    return [quirk.id for quirk in response.quirks]


# chat


def choice(text=None, logprobs=None, *, index=0, finish=None, **members):
    delta = {} if text is None else {"content": text}
    return {"index": index, "delta": {**delta, **members}, "logprobs": logprobs, "finish_reason": finish}


def chat(*choices, end=True):
    """A chat stream of one chunk a choice."""
    chunks = [{"id": "c1", "object": "chat.completion.chunk", "model": "m1", "choices": [each]} for each in choices]
    lines = [json.dumps(chunk) for chunk in chunks] + (["[DONE]"] if end else [])
    return b"".join(b"data: " + line.encode() + b"\n\n" for line in lines)


STOP = choice(finish="stop")


def content(*told):
    return {"content": list(told), "refusal": None}


def test_chat_one_entry_a_token_behind_its_text():
    log = log_of(
        chat(choice("", content(), role="assistant"), choice("a", content(A)), choice("b", content(B)), STOP), "chat"
    )
    assert [type(event).__name__ for event in log[2:6]] == ["TextDelta", "LogprobsAdded", "TextDelta", "LogprobsAdded"]
    assert [event.logprobs for event in log if isinstance(event, LogprobsAdded)] == [(A,), (B,)]
    assert items(streamkit.Response.from_events(log)) == [("message", "ab", (A, B))]


def test_chat_a_last_token_may_come_with_the_finish_reason():
    response = read(chat(choice("a", content(A)), choice("b", content(B, C), finish="length")), "chat")
    assert (items(response), response.finish_reason, quirks(response)) == ([("message", "ab", (A, B, C))], "length", [])


def test_chat_a_refusals_tokens():
    told = [choice(None, {"content": None, "refusal": [A]}, refusal="a"), choice(None, {"refusal": [B]}, refusal="b")]
    log = log_of(chat(*told, STOP), "chat")
    assert [(event.kind, event.logprobs) for event in log if isinstance(event, LogprobsAdded)] == [
        ("refusal", (A,)),
        ("refusal", (B,)),
    ]
    assert streamkit.Response.from_events(log).items[0].logprobs == (A, B)


def test_chat_reasoning_has_tokens_of_its_own_even_in_the_chunk_that_ends_it():
    both = choice("c", {"reasoning_content": [B], "content": [C]}, reasoning_content="b")
    body = chat(choice(None, {"reasoning_content": [A]}, reasoning_content="a"), both, STOP)
    assert items(read(body, "chat")) == [("reasoning", "ab", (A, B)), ("message", "c", (C,))]


def test_chat_tokens_between_think_tags_are_of_the_reasoning():
    opener, closer = {"token": "<think>", "logprob": 0.0}, {"token": "</think>", "logprob": 0.0}
    told = [("<think>", opener), ("a", A), ("</think>", closer), ("b", B)]
    body = chat(*(choice(text, content(entry)) for text, entry in told), STOP)
    response = read(body, "chat")
    assert [(kind, text) for kind, text, _ in items(response)] == [("reasoning", "a"), ("message", "b")]
    assert [entry for item in response.items for entry in item.logprobs] == [opener, A, closer, B]
    assert (response.items[0].logprobs[:2], response.items[1].logprobs[-1:]) == ((opener, A), (B,))


def test_e04_tokens_go_with_the_text_that_turns_out_to_be_reasoning():
    tag, answer = {"token": "</think>\n\n", "logprob": -1}, {"token": "ok", "logprob": -2}
    pieces = (("a", A), ("b\n", B), ("</think>\n\n", tag), ("ok", answer))
    response = read(chat(*(choice(text, content(told)) for text, told in pieces), STOP), "chat")
    assert items(response) == [("reasoning", "ab\n", (A, B)), ("message", "ok", (tag, answer))]


def test_chat_tokens_of_a_call_are_of_the_call():
    call = {"index": 0, "id": "k", "type": "function", "function": {"name": "ls", "arguments": "{"}}
    more = {"index": 0, "function": {"arguments": "}"}}
    body = chat(
        choice("a", content(A)),
        choice(None, content(B), tool_calls=[call]),
        choice(None, content(C), tool_calls=[more]),
        choice(finish="tool_calls"),
    )
    response = read(body, "chat")
    assert [(item.type, item.logprobs) for item in response.items] == [("message", (A,)), ("function_call", (B, C))]
    assert response.tool_calls[0].arguments == "{}"


def test_chat_each_choice_has_its_own():
    told = [choice("a", content(A)), choice("b", content(B), index=1), choice("c", content(C)), STOP]
    response = read(chat(*told, choice(index=1, finish="stop")), "chat")
    assert [(item.choice, item.logprobs) for item in response.items] == [(0, (A, C)), (1, (B,))]


def test_chat_tokens_without_text_wait_for_the_item():
    body = chat(choice("", content(A)), choice("b", content(B)), STOP)
    assert items(read(body, "chat")) == [("message", "b", (A, B))]


def test_chat_tokens_without_any_item_are_kept_in_a_message():
    assert items(read(chat(choice("", content(A)), STOP), "chat")) == [("message", "", (A,))]


def test_chat_a_cut_stream_keeps_what_came():
    response = read(chat(choice("a", content(A)), choice("", content(B)), end=False), "chat")
    assert (items(response), response.ending) == ([("message", "a", (A, B))], "truncated")


def test_a17_a_whole_chat_body():
    whole = {
        "id": "c1",
        "object": "chat.completion",
        "model": "m1",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "ab"},
                "logprobs": content(A, B),
                "finish_reason": "stop",
            }
        ],
    }
    assert items(read(json.dumps(whole).encode(), "chat")) == [("message", "ab", (A, B))]


@pytest.mark.parametrize("streamed", [(), (B,)])
def test_f06_a_message_that_repeats_the_answer_brings_only_what_is_new(streamed):
    last = {"index": 0, "message": {"content": "abc"}, "logprobs": content(A, B, C), "finish_reason": "stop"}
    body = chat(choice("a", content(A)), choice("b", content(*streamed)), choice("c"), last)
    assert items(read(body, "chat")) == [("message", "abc", (A, B, C))]


@pytest.mark.parametrize("nothing", [None, {}, [], "", content(), {"content": None, "refusal": None}, {"content": []}])
def test_chat_without_a_token_nothing_is_told(nothing):
    log = log_of(chat(choice("a", nothing), choice("b", nothing), STOP), "chat")
    assert not [event for event in log if isinstance(event, LogprobsAdded)]
    assert quirks(streamkit.Response.from_events(log)) == []


@pytest.mark.parametrize(
    ("odd", "told"),
    [
        ("none", ("none",)),
        (-0.25, (-0.25,)),
        ([A, B], (A, B)),
        ({"content": [1, None, [A]]}, (1, None, [A])),
        ({"content": {"token": "a"}}, ({"token": "a"},)),
        ({"strange": [A]}, ({"strange": [A]},)),
        ({"content": [A], "strange": 1}, (A, {"strange": 1})),
    ],
)
def test_f19_chat_odd_shapes_are_passed_on_and_named_once(odd, told):
    response = read(chat(choice("a", odd), choice("b", odd), STOP), "chat")
    assert items(response) == [("message", "ab", told * 2)]
    assert [(quirk.id, quirk.count) for quirk in response.quirks] == [("logprobs_shape", 1)]


def test_chat_numbers_that_are_none_are_kept():
    body = chat(choice("a", content(A)), STOP).replace(b"-0.5", b"-Infinity")
    [(_, text, [entry])] = items(read(body, "chat"))
    assert (text, entry["token"]) == ("a", "a")
    assert entry["logprob"] in (float("-inf"), None)


def test_j01_halves_of_characters_in_tokens_are_replaced():
    body = chat(choice("a", content({"token": "x", "logprob": 0.0})), STOP).replace(b'"x"', b'"\\ud83d"')
    assert items(read(body, "chat")) == [("message", "a", ({"token": "\ufffd", "logprob": 0.0},))]


# legacy completions


def completions(*told):
    frames = [
        {
            "id": "l1",
            "object": "text_completion",
            "model": "m1",
            "choices": [{"index": 0, "text": text, "logprobs": each, "finish_reason": None}],
        }
        for text, each in told
    ]
    frames.append({**frames[0], "choices": [{"index": 0, "text": "", "logprobs": None, "finish_reason": "stop"}]})
    return b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in frames) + b"data: [DONE]\n\n"


def test_completions_columns_become_one_entry_a_token():
    first = {
        "tokens": ["a", "b"],
        "token_logprobs": [None, -1],
        "top_logprobs": [{"a": 0}, {"b": -1}],
        "text_offset": [3, 4],
    }
    second = {"tokens": ["c"], "token_logprobs": [-2], "top_logprobs": None, "text_offset": [5]}
    response = read(completions(("ab", first), ("c", second)), "completions")
    assert items(response) == [
        (
            "message",
            "abc",
            (
                {"token": "a", "logprob": None, "top_logprobs": {"a": 0}, "text_offset": 3},
                {"token": "b", "logprob": -1, "top_logprobs": {"b": -1}, "text_offset": 4},
                {"token": "c", "logprob": -2, "text_offset": 5},
            ),
        )
    ]
    assert quirks(response) == []


def test_completions_in_the_shape_of_chat():
    response = read(completions(("a", content(A)), ("b", content(B))), "completions")
    assert (items(response), quirks(response)) == ([("message", "ab", (A, B))], [])


def test_f19_completions_columns_of_different_lengths_are_one_entry():
    odd = {"tokens": ["a", "b"], "token_logprobs": [-1]}
    response = read(completions(("ab", odd), ("c", None)), "completions")
    assert (items(response), quirks(response)) == ([("message", "abc", (odd,))], ["logprobs_shape"])


# Responses


def whole(text, *told, **members):
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": list(told)}
    return {"id": "m1", "type": "message", "role": "assistant", "content": [part], **members}


def responses(*payloads):
    return read(responses_sse(*payloads), "responses")


def test_responses_snapshots_tell_nothing_twice():
    item = whole("ab", A, B)
    part = piece("content_part.done", content_index=0, part=item["content"][0])
    text = piece("output_text.done", content_index=0, text="ab", logprobs=[A, B])
    told = [delta("a", logprobs=[A]), delta("b", logprobs=[B])]
    body = responses_sse(*numbered(CREATED, added(message()), *told, text, part, done(item), ended([item])))
    log = log_of(body, "responses")
    assert [event.logprobs for event in log if isinstance(event, LogprobsAdded)] == [(A,), (B,)]
    assert [event.sequence_number for event in log if isinstance(event, TextDelta | LogprobsAdded)] == [2, 2, 3, 3]
    response = streamkit.Response.from_events(log)
    assert (items(response), quirks(response)) == ([("message", "ab", (A, B))], [])


@pytest.mark.parametrize(
    "snapshot",
    [
        piece("output_text.done", content_index=0, text="abc", logprobs=[A, B, C]),
        piece("content_part.done", content_index=0, part=whole("abc", A, B, C)["content"][0]),
        done(whole("abc", A, B, C)),
    ],
)
def test_responses_a_snapshot_adds_what_was_not_streamed(snapshot):
    told = [delta("a", logprobs=[A]), delta("bc", logprobs=[])]
    last = () if snapshot["type"].endswith("item.done") else (done(whole("abc")),)
    response = responses(CREATED, added(message()), *told, snapshot, *last, ended([message()]))
    assert (items(response), quirks(response)) == ([("message", "abc", (A, B, C))], [])


def test_responses_parts_of_one_item_are_counted_apart():
    parts = [whole("a", A)["content"][0], whole("b", B, C)["content"][0]]
    told = [delta("a", logprobs=[A]), {**delta("b", logprobs=[B]), "content_index": 1}]
    response = responses(CREATED, added(message()), *told, done({**message(), "content": parts}), ended([message()]))
    assert items(response) == [("message", "ab", (A, B, C))]


def test_responses_a_whole_body():
    body = {"id": "r1", "object": "response", "status": "completed", "model": "m1", "output": [whole("ab", A, B)]}
    assert items(read(json.dumps(body).encode(), "responses")) == [("message", "ab", (A, B))]


@pytest.mark.parametrize("nothing", [None, []])
def test_responses_without_a_token_nothing_is_told(nothing):
    told = [delta("a", logprobs=nothing), delta("b", logprobs=nothing)]
    log = log_of(responses_sse(CREATED, added(message()), *told, done(whole("ab")), ended([message()])), "responses")
    assert not [event for event in log if isinstance(event, LogprobsAdded)]
    assert quirks(streamkit.Response.from_events(log)) == []


@pytest.mark.parametrize(
    ("odd", "told"),
    [({}, ()), ("x", ("x",)), ([None], (None,)), ([A, 7], (A, 7)), ({"content": [A]}, ({"content": [A]},))],
)
def test_f19_responses_odd_shapes_are_passed_on(odd, told):
    response = responses(CREATED, added(message()), delta("a", logprobs=odd), done(whole("a")), ended([message()]))
    assert (items(response), quirks(response)) == ([("message", "a", told)], ["item_shape"])


def test_responses_an_event_name_that_contradicts_is_named_as_ever():
    told = ("response.output_text.done", delta("a", logprobs=[A]))
    response = responses(CREATED, added(message()), told, done(whole("a")), ended([message()]))
    assert (items(response), quirks(response)) == ([("message", "a", (A,))], ["type_conflict"])


def test_j01_halves_of_a_character_beside_log_probabilities():
    frames = [delta("x", logprobs=[{"token": "x", "logprob": 0}]), delta("y", logprobs=[{"token": "y", "logprob": 0}])]
    body = responses_sse(CREATED, added(message()), *frames, done(whole("🙂")), ended([message()]))
    body = body.replace(b'"x"', b'"\\ud83d"').replace(b'"y"', b'"\\ude42"')
    lone = {"token": "\ufffd", "logprob": 0}
    assert items(read(body, "responses")) == [("message", "🙂", (lone, lone))]


# others


def test_cohere_one_entry_a_piece():
    told = [{"text": text, "token_ids": [at], "logprobs": [-0.5]} for at, text in enumerate("ab")]
    frames = [
        {"type": "message-start", "id": "g1"},
        {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}},
        *(
            {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": e["text"]}}}, "logprobs": e}
            for e in told
        ),
        {"type": "content-end", "index": 0},
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}},
    ]
    body = b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in frames)
    assert items(read(body, "cohere")) == [("message", "ab", tuple(told))]


def test_ollama_lists_beside_the_message():
    def line(told, *, done=False, **said):
        return {
            "model": "m",
            "created_at": "t",
            "message": {"role": "assistant", **said},
            "done": done,
            "logprobs": told,
        }

    lines = [
        line([A], content="", thinking="a"),
        line([B], content="b"),
        line([C], content="c"),
        {**line(None, content="", done=True), "done_reason": "stop"},
    ]
    body = b"".join(json.dumps(each).encode() + b"\n" for each in lines)
    assert items(read(body, "ollama")) == [("reasoning", "a", (A,)), ("message", "bc", (B, C))]


def test_the_reader_of_shapes():
    assert [entries(value) for value in (None, [], {}, "", 0, [A], A)] == [(), (), (), (), (0,), (A,), (A,)]
    assert kinds_of_logprobs({"content": [A], "refusal": [B]}) == ({"text": (A,), "refusal": (B,)}, True)
    assert kinds_of_logprobs({"tokens": "a"}) == ({"text": ({"tokens": "a"},)}, False)


def test_reasoning_stays_in_front_of_its_log_probabilities():
    body = chat(choice(None, {"reasoning_content": [A]}, reasoning_content="a"), choice("b", content(B)), STOP)
    told = [e for e in log_of(body, "chat") if isinstance(e, TextDelta | ReasoningDelta | LogprobsAdded)]
    assert [type(event).__name__ for event in told] == ["ReasoningDelta", "LogprobsAdded", "TextDelta", "LogprobsAdded"]
    assert [event.kind for event in told if isinstance(event, LogprobsAdded)] == ["reasoning", "text"]


@pytest.mark.parametrize(
    ("words", "quirk"),
    [
        (["<tool", "_call>", '{"name":"ls","arguments":{}}', "</tool_call>"], "leaked_tool_markup"),
        (["ok <|chan", "nel|>final<|message|>", "hi"], "harmony_in_content"),
    ],
)
def test_leaked_markup_is_seen_although_log_probabilities_come_between(words, quirk):
    silent = read(chat(*(choice(word) for word in words), STOP), "chat")
    response = read(chat(*(choice(word, content({"token": word})) for word in words), STOP), "chat")
    assert quirks(response) == quirks(silent) == [quirk]
    assert response.text == silent.text
    assert [entry["token"] for item in response.items for entry in item.logprobs] == words


def test_e21_an_answer_in_the_reasoning_channel_is_moved_all_the_same():
    body = chat(choice(None, {"reasoning_content": [A]}, reasoning_content="a"), STOP)
    response = streamkit.assemble(body, "chat", profile=streamkit.Profile(answer_in_reasoning=True))
    assert (response.text, response.reasoning, quirks(response)) == ("a", "", ["promoted_reasoning"])
    assert [entry for item in response.items for entry in item.logprobs] == [A]


def test_f24_a_token_of_the_native_route_is_its_own_entry():
    told = [{"id": at, "text": text, "logprob": -0.1, "special": False} for at, text in enumerate("ab")]
    frames = [{"index": at, "token": token, "generated_text": None, "details": None} for at, token in enumerate(told)]
    frames[-1] |= {"generated_text": "ab", "details": {"finish_reason": "eos_token", "generated_tokens": 2}}
    body = b"".join(b"data:" + json.dumps(each).encode() + b"\n\n" for each in frames)
    assert items(read(body, "chat")) == [("message", "ab", tuple(told))]


def test_responses_a_frame_without_a_type_is_known_by_its_event_name():
    bare = {name: member for name, member in delta("a", logprobs=[A]).items() if name != "type"}
    response = responses(
        CREATED, added(message()), ("response.output_text.delta", bare), done(whole("a")), ended([message()])
    )
    assert (items(response), quirks(response)[0]) == ([("message", "a", (A,))], "type_from_event")
