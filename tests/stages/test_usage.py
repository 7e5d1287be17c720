import pytest

from streamkit.items import Usage
from streamkit.stages.usage import merge_usage


def test_the_first_counts_stand():
    new = Usage(input_tokens=0, raw={"a": 1})
    assert merge_usage(None, new) == (new, False)


@pytest.mark.parametrize(
    ("before", "after", "merged", "zeroed"),
    [
        (3, 5, 5, False),  # C22: replaced, never added
        (5, 3, 3, False),
        (5, None, 5, False),
        (None, 5, 5, False),
        (None, None, None, False),
        (5, 0, 5, True),  # C21
        (0, 0, 0, False),
        (None, 0, 0, False),
        (0, None, 0, False),
        (0, 4, 4, False),
    ],
)
@pytest.mark.parametrize("name", [name for name in Usage.__struct_fields__ if name != "raw"])
def test_a_newer_count_replaces_an_older_one(name, before, after, merged, zeroed):
    usage, was_zeroed = merge_usage(Usage(**{name: before}), Usage(**{name: after}))
    assert (getattr(usage, name), was_zeroed) == (merged, zeroed)
    assert usage == Usage(**{name: merged})


def test_counts_merge_one_by_one_c30():
    start = Usage(input_tokens=10, output_tokens=1, cached_tokens=4)
    delta = Usage(input_tokens=0, output_tokens=7, cached_tokens=0)
    assert merge_usage(start, delta) == (Usage(input_tokens=10, output_tokens=7, cached_tokens=4), True)


def test_no_output_at_all_is_believed_of_an_object_that_counts_input_c30():
    start = Usage(input_tokens=10, output_tokens=1, raw={"a": 1})
    refused = Usage(input_tokens=10, output_tokens=0, raw={"b": 2})
    assert merge_usage(start, refused, silent=True) == (refused, False)
    assert merge_usage(start, Usage(output_tokens=0, raw={"b": 2}), silent=True) == (start, True)


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        (Usage(input_tokens=1, raw={"a": 1}), Usage(input_tokens=2, raw={"b": 2}), {"b": 2}),
        (Usage(input_tokens=1, raw={"a": 1}), Usage(input_tokens=0, raw={"b": 0}), {"a": 1}),
        (Usage(input_tokens=1, raw={"a": 1}), Usage(raw={}), {"a": 1}),
        (Usage(input_tokens=1), Usage(raw={"b": 0}), {"b": 0}),
    ],
)
def test_the_providers_object_that_counts_something_is_kept(before, after, kept):
    assert merge_usage(before, after)[0].raw == kept
