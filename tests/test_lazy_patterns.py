import re

from streamkit.lazy_patterns import LazyPattern


def test_a_pattern_is_compiled_when_it_is_first_used():
    broken = LazyPattern("(")
    assert "compiled" not in vars(broken)
    pattern = LazyPattern("a+")
    assert pattern.search("xaa")[0] == "aa"
    assert vars(pattern)["compiled"] is pattern.compiled


def test_it_does_what_the_pattern_does():
    pattern = LazyPattern(r"(\w)=(\d)", re.IGNORECASE)
    assert pattern.search("a=1 b=2", 3)[0] == "b=2"
    assert pattern.match("xa=1") is None
    assert pattern.match("xa=1", 1)[2] == "1"
    assert pattern.fullmatch("a=1") is not None
    assert pattern.fullmatch("a=1 ") is None
    assert pattern.findall("a=1 b=2") == [("a", "1"), ("b", "2")]
    assert pattern.sub(r"\2", "a=1 b=2") == "1 2"
    assert pattern.sub(lambda match: match[1].upper(), "a=1") == "A"
