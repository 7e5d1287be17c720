"""Group F, shapes of content: repetitions that are legal, echoes, plans, ends of other dialects."""

from piping import chat, response_of, seen, sse

from streamkit.profile import Profile

CUMULATIVE = Profile(cumulative=True)


def test_f07_cumulative_text_is_undone_where_a_profile_says_so():
    data = chat({"reasoning_content": "Hm"}, {"reasoning_content": "Hm, yes"}, "He", "Hello", "Hello you")
    response = response_of(data, "chat", CUMULATIVE)
    assert (response.text, response.reasoning) == ("Hello you", "Hm, yes")
    assert [(quirk.id, quirk.count) for quirk in response.quirks] == [("cumulative_content", 3)]
    plain = response_of(data, "chat")
    assert (plain.text, plain.reasoning, plain.quirks) == ("HeHelloHello you", "HmHm, yes", ())


def test_f07_it_is_suspected_only_where_long_pieces_extend_each_other():
    data = chat("Hello", "Hello you there", "Hello you there, friend", "!")
    response = response_of(data, "chat")
    assert (response.text, seen(response)) == ("HelloHello you thereHello you there, friend!", ["cumulative_suspected"])
    for pieces in (
        ("Hello", "Hello you", "Hello you!"),
        ("a" * 20, "b" * 20, "b" * 21, "b" * 22),
        ("x" * 20, "x" * 20),
    ):
        assert response_of(chat(*pieces), "chat").quirks == ()


def test_f07_the_whole_text_told_again_at_the_end():
    pieces = ("Hello", "Hello you there, all", "Hello you there, all")
    assert response_of(chat(*pieces), "chat", CUMULATIVE).text == "Hello you there, all"


def test_f08_legal_repeats_stay():
    data = chat("|", "|", "\n", "\n")
    assert response_of(data, "chat").text == "||\n\n"
    assert response_of(data, "chat", CUMULATIVE).text == "||\n\n"
    mixed = response_of(chat("He", "Hello", " you"), "chat", CUMULATIVE)
    assert mixed.text == "Hello you"


def test_f15_ollamas_own_end_frame():
    words = b'{"message":{"content":"x"},"done":false}\n'
    cut = b'{"message":{"content":""},"done":true,"done_reason":"length","eval_count":512}\n'
    response = response_of(words + cut, "ollama")
    assert (response.finish_reason, response.usage.output_tokens, response.usage.input_tokens) == ("length", 512, None)
    counted = b'{"message":{"content":""},"done":true,"done_reason":"stop","eval_count":5,"prompt_eval_count":90}\n'
    assert response_of(words + counted, "ollama").usage.input_tokens == 90
    loaded = response_of(b'{"message":{"content":""},"done":true,"done_reason":"load"}\n', "ollama")
    assert (loaded.finish_reason, seen(loaded)) == ("unknown", ["finish_unknown"])
    failed = response_of(words + b'{"error":"model runner has unexpectedly stopped"}\n', "ollama")
    assert (failed.text, failed.errors[0].message) == ("x", "model runner has unexpectedly stopped")


def test_f16_an_echo_of_the_prefill_is_left_out_only_if_it_is_the_whole_of_it():
    response = response_of(chat("Once", " upon"), "chat", Profile(prefill="Once"))
    assert (response.text, seen(response)) == (" upon", ["prefill_echo"])
    for prefill in ("Once upon", "once", "Onc"):
        other = response_of(chat("Once", " upon", "Once"), "chat", Profile(prefill=prefill))
        assert (other.text, other.quirks) == ("Once uponOnce", ())
    assert response_of(chat("Once", " upon"), "chat").text == "Once upon"


def test_f17_a_call_whose_input_follows_its_start_in_one_list():
    start = {"type": "tool_use", "content_list": [{"tool_use_id": "t", "name": "ls"}, {"input": '{"p"'}]}
    more = {"type": "tool_use", "content_list": [{"input": ":1}"}]}
    response = response_of(chat(start, more, finish="tool_use"), "chat")
    (call,) = response.tool_calls
    assert (call.call_id, call.name, call.input) == ("t", "ls", {"p": 1})


def test_f23_a_plan_for_tool_calls_is_neither_text_nor_reasoning():
    data = sse(
        {"type": "message-start", "id": "m"},
        {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "I will"}}},
        {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": " search"}}},
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}},
    )
    response = response_of(data, "cohere")
    (item,) = response.items
    assert [(part.kind, part.text) for part in item.parts] == [("plan", "I will search")]
    assert (response.text, response.reasoning, response.quirks) == ("", "", ())
