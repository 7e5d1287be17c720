"""The scanner behind `ThinkTags`: which characters of one run of visible text are reasoning (group E).

One rule set serves live deltas and whole texts, so both agree for every partition of the text:

- An opener at a block boundary (start of the run, or behind a newline and optional white space), outside fenced code,
  starts reasoning at once; without its closer all the rest is reasoning (E01).
- An opener in mid-line is text. When its closer follows, both outside code, what stood between is moved (E03).
- A closer without opener, at the start or end of a line, outside code: everything of this run so far is moved (E04).
- Once a block at the very start was closed, only openers at a block boundary count (E08).
- Inside a block, a closer in a fence is doubtful (a mention, or a fence that was never closed): what follows is held
  until the next closer outside code makes it a mention; where the run ends first, it was the end of the block. A closer
  in backticks is a mention if a backtick follows it directly.
- White space before a block at the start and directly behind a block is dropped; blank blocks give nothing (E09).

Held back is the longest suffix that can still become a tag (E05), a closer whose next character decides, white space
at the start, and what follows a doubtful closer. Code is looked at only where a tag stands, each character once.
"""

from streamkit.limits import DEFAULT_LIMITS
from streamkit.quirks.thinking import think_block, think_inline_pair, think_opener_missing, think_unterminated
from streamkit.stages.code_spans import CodeSpans
from streamkit.stages.think_names import FOLD, Tags
from streamkit.stages.think_pieces import Found, Piece

__all__ = ["ThinkScanner"]

ANY = "*"
"""The name of a block that began before the text did: any known closer ends it."""

MOST_MOVED = 100
"""Blocks of an answer after which tags in mid-line are mentions: each that is moved costs the whole text once more."""


class ThinkScanner:
    """Splits one run of text.

    Args:
        tags: the tags to look for.
        inside: the text begins inside a block (E04).
        settled: a block at the start of this answer was closed before this run (E08).
        blocks: how many blocks the answer had before this run.
        limit: how many characters may be held behind a doubtful closer, or for want of a visible one.
    """

    def __init__(
        self,
        tags: Tags,
        *,
        inside: bool = False,
        settled: bool = False,
        blocks: int = 0,
        limit: int = DEFAULT_LIMITS.text,
    ) -> None:
        self.plain = False
        """Whether text without a tag's first character may be put into `fresh` and passed on as it is."""
        self.fresh: list[str] = []
        """What was given out since code was last looked at."""
        self.settled = settled
        self.blocks = blocks + inside
        self.given = False
        """Whether visible text was given out."""
        self._tags = tags
        self._limit = limit
        self._name = ANY if inside else ""
        self._at_start = True
        self._tail = ""
        self._blank: list[str] = []
        self._blanks = 0
        self._begun = False
        self._swallow = False
        self._code = CodeSpans()
        self._segment: list[str] = []
        self._openers: dict[str, list[int]] = {}
        self._doubt: list[str] | None = None
        self._doubted = 0
        self._trusting = False

    @property
    def inside(self) -> bool:
        """Whether the next character is reasoning, as far as is known."""
        return self._name != ""

    @property
    def blank(self) -> str:
        """White space held since the start of the run, for want of a visible character."""
        return "" if self._name else "".join(self._blank)

    @property
    def said(self) -> str:
        """The visible text since the last block."""
        return "" if self._name else "".join((*self._segment, *self.fresh))

    def keeps(self, text: str) -> bool:
        """Whether all of `text` simply goes where the text before it went; if so, it is remembered."""
        tags = self._tags
        if not self.plain:
            return False
        if ("<" in text or (tags.brackets and "[" in text)) and (tags.search(text) or tags.unfinished(text)):
            return False
        self.fresh.append(text)
        return True

    def feed(self, text: str) -> Found:
        """What can be said now."""
        out: Found = []
        self._scan(self._tail + text, out, final=False)
        self.plain = self._begun and not self._tail and self._doubt is None
        return out

    def close(self) -> Found:
        """What was held back, but for `blank`. The run is over."""
        out: Found = []
        self._scan(self._tail, out, final=True)
        if self._doubt is not None:
            held = "".join(self._doubt)
            self._doubt, self._trusting = None, True
            end = held.index(">" if held[0] == "<" else "]") + 1
            self._close_block(out)
            self._scan(held[end:], out, final=True)
        if self._name and (self._begun or self._name != ANY):
            out.append(think_unterminated.seen(detail=self._name.removeprefix(ANY)))
        return out

    def _scan(self, data: str, out: Found, *, final: bool) -> None:
        self._tail = ""
        position = 0
        while match := self._tags.search(data, position):
            self._pass(data[position : match.start()], out)
            position = match.end()
            following = data[position : position + 1]
            closing, name = match[1], match[2]
            if name is None:
                closing, name = match[3], "[" + match[4]
            name = name.translate(FOLD)
            if self._doubt is not None:
                self._tag_in_doubt(match[0], name, bool(closing), out)
            elif not (self._tag_in_block if self._name else self._tag_in_text)(
                match[0], name, bool(closing), following if following or not final else "\n", out
            ):
                self._tail = match[0]
                return
        rest = data[position:] if position else data
        held = 0 if final else self._tags.unfinished(rest)
        if held:
            self._tail = rest[-held:]
            rest = rest[:-held]
        self._pass(rest, out)

    def _pass(self, text: str, out: Found) -> None:
        """Characters that are no tag, into the channel that is open."""
        if not text:
            return
        if self._doubt is not None:
            self._doubt.append(text)
            self.fresh.append(text)
            self._doubted += len(text)
            if self._doubted > self._limit:
                self._confirm_mention(out)
            return
        if not self._begun:
            if self._swallow:
                text = text.lstrip()
                if not text:
                    return
            elif text.isspace() and self._blanks + len(text) <= self._limit:
                self._blanks += len(text)
                self._blank.append(text)
                return
            else:
                text = "".join(self._blank) + text
                self._blank.clear()
            self._begun = True
        self.fresh.append(text)
        if self._name:
            out.append(Piece("reasoning", text, self.blocks))
        else:
            self.given = True
            out.append(Piece("text", text))

    def _look(self) -> CodeSpans:
        """Take the code in what was given out into account."""
        text = "".join(self.fresh)
        self.fresh.clear()
        self._code.read(text)
        if not self._name and text:
            self._segment.append(text)
        return self._code

    def _tag_in_text(self, tag: str, name: str, closing: bool, following: str, out: Found) -> bool:
        """Whether the tag could be judged; False: the next character is needed."""
        code = self._look()
        if not closing:
            if code.blank and not code.fence:
                self._open_block(name, tag, out)
                return True
            if not self.settled and not code.inside:
                self._openers.setdefault(name, []).append(len(self._segment))
        elif not self.settled and not code.inside:
            if starts := self._openers.get(name):
                self._move_pair(starts.pop(), tag, out)
                return True
            if not code.blank and not following:
                return False
            if code.blank or following in "\r\n":
                self._move_all(tag, out)
                return True
        self._pass(tag, out)
        return True

    def _tag_in_block(self, tag: str, name: str, closing: bool, following: str, out: Found) -> bool:
        """Whether the tag could be judged; False: the next character is needed."""
        if not closing:
            if self._begun or self._name != ANY:
                self._pass(tag, out)
            return True
        if self._name not in (name, ANY):
            self._pass(tag, out)
            return True
        code = self._look()
        if code.span and not following:
            return False
        if code.span and following == "`":
            self._pass(tag, out)
        elif code.fence and not self._trusting:
            self._doubt, self._doubted = [tag], len(tag)
            self.fresh.append(tag)
        else:
            self._close_block(out)
        return True

    def _tag_in_doubt(self, tag: str, name: str, closing: bool, out: Found) -> None:
        if closing and self._name in (name, ANY) and not self._look().inside:
            self._confirm_mention(out)
            self._close_block(out)
        else:
            self._pass(tag, out)

    def _confirm_mention(self, out: Found) -> None:
        """The doubtful closer was reasoning, and so is what followed it."""
        held, self._doubt = "".join(self._doubt or ()), None
        out.append(Piece("reasoning", held, self.blocks))

    def _open_block(self, name: str, tag: str, out: Found) -> None:
        self._at_start = not self.given
        self._begin(name)
        self.blocks += 1
        out.append(think_block.seen(detail=tag))

    def _close_block(self, out: Found) -> None:
        if self._name == ANY:
            out.append(think_block.seen(detail="the text began inside a block"))
        self.settled = self.settled or self._at_start
        self._begin("")
        self._swallow = True

    def _begin(self, name: str) -> None:
        """Change channels: nothing before this place can be moved any more."""
        self._name = name
        self._begun = self._swallow = False
        self._code = CodeSpans()
        self._blank.clear()
        self._segment.clear()
        self._openers.clear()
        self.fresh.clear()

    def _move_pair(self, start: int, tag: str, out: Found) -> None:
        text = "".join(self._segment[start:])
        del self._segment[start:]
        for starts in self._openers.values():
            while starts and starts[-1] > start:
                starts.pop()
        self._code.resume()
        self.blocks += 1
        self.settled = self.settled or self.blocks >= MOST_MOVED
        inner = text[len(tag) - 1 :]
        out.append(think_inline_pair.seen(detail=tag))
        out.append(Piece("moved", "" if inner.isspace() else inner, self.blocks, len(text)))

    def _move_all(self, tag: str, out: Found) -> None:
        text = "".join(self._segment)
        out.append(think_opener_missing.seen(detail=tag))
        if text:
            self.blocks += 1
            out.append(Piece("moved", text, self.blocks, len(text)))
        self._begin("")
        self._swallow = self.settled = True
