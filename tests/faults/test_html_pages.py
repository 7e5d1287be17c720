import pytest

from streamkit.faults.pages import words_of_page
from streamkit.faults.provider import provider_error


@pytest.mark.parametrize("text", ["Bad gateway", "", "<headers> are missing", "<p-1>", "a <html> b", "<3"])
def test_what_is_no_page(text):
    assert words_of_page(text) is None


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("<html><title>Over there</title><body><p>Not this", "Over there"),
        ("<html><title> </title><body><p>But this", "But this"),
        ("<html><title>&nbsp;</title><body><p>But this", "But this"),
        ("<TITLE>Sold\n   out &amp; gone</TITLE>", "Sold out & gone"),
        ("<html><head><style>p > a {}</style ><script>if (1 < 2) say('<p>no</p>')</script></head>Yes", "Yes"),
        ("<html><!-- <p>no</p> --><template><p>no</template><p>Yes", "Yes"),
        ("<html><body title='a > b' onload=\"go('>')\"><p class = \"x>y\">Yes<img alt=no>", "Yes"),
        ("<html><p>Err<b>or</b> <code>52</code>2: a < b</p><ul><li>one<li>two</ul>", "Error 522: a < b one two"),
        ("<!-- by hand --><center><h1><span>503</span></h1><hr>edge</center>", "503 edge"),
        ("<?xml version='1.0'?><Error><Code>Gone</Code><Message>It is gone.</Message></Error>", "Gone It is gone."),
        ("<html><body></body></html>", ""),
    ],
)
def test_the_title_else_the_visible_words(page, words):
    assert words_of_page(page) == words


@pytest.mark.parametrize(
    "cut", ["<p", "<p class='x", "<script>say(1)", "<style>p {", "<!-- not", "</p", "<!", "</script"]
)
def test_a_page_that_is_cut_within_its_markup_shows_none_of_it(cut):
    assert words_of_page(f"<html><p>Down{cut}") == "Down"


def test_words_are_cut_between_two():
    assert words_of_page("<html>" + "abcd " * 100) == "abcd " * 40 + "…"
    assert words_of_page("<html>" + "abcd " * 40) == ("abcd " * 40).strip()
    assert words_of_page("<html>" + "a" * 201) == ""


def test_no_secret_is_among_them_nor_half_of_one():
    shown = provider_error("<html><p>key opaque-credential is bad", secrets=["opaque-credential"]).message
    assert shown == "an HTML page: key *** is bad"
    for before in range(170, 205):
        page = "<html>" + "a" * (before - 1) + " opaque-credential and more words behind it"
        assert "opaque" not in provider_error(page, secrets=["opaque-credential"]).message
