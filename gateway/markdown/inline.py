"""Finds the inline markup of one block of Markdown: where each construct begins and ends.

Theory. One pass over the characters that can mean something. Code spans, escapes, addresses, entities and the tokens of
chat platforms are decided at once. Runs of marks wait on a stack per mark and are paired when the label of a
link, or the block, ends (CommonMark's delimiter stack, but for marks inside of words: there an asterisk is
a product far more often than emphasis). What makes a closing parenthesis an address's end is found once for all links.
"""

import re
from bisect import bisect_left
from typing import Literal, NamedTuple

from gateway.markdown.blocks import Block, Kind

SpanKind = Literal[
    "code", "link", "image", "url", "token", "escape", "entity", "break", "strong", "emphasis", "strike", "bracket"
]
"""``url`` is a bare address or one in angle brackets, ``token`` a mention or an emoji of a platform (``<@U1>``),
``break`` a ``<br>``, ``bracket`` a pair of brackets that is no link."""


class Span(NamedTuple):
    """One inline construct; offsets count from the start of the block."""

    kind: SpanKind
    start: int
    inner: int
    """Offset at which the content of the construct begins."""
    close: int
    """Offset at which the content of the construct ends."""
    end: int
    target: str = ""
    """The address of a link, as it is written; empty for other constructs."""


class Open(NamedTuple):
    """An inline construct that begins and does not end."""

    mark: str
    """The run of marks that opened the construct: backticks, asterisks, underscores, tildes; ``](`` for a link."""
    start: int
    inner: int
    """Offset at which the content of the construct begins; of a link, at which its label ends."""


class Inline(NamedTuple):
    """The inline constructs of a block."""

    spans: list[Span]
    """The complete constructs in the order they begin, outer ones before inner ones."""
    open: list[Open]
    """The incomplete constructs in the order they begin."""


_SPECIAL = re.compile(r"\\|`++|\*++|_++|~++|!\[|\[|\]|<|&|https?://", re.IGNORECASE)
_RUNS = re.compile(r"`++")
_ESCAPABLE = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_ANGLE = re.compile(r"<((?:https?|ftp)://[^\s<>]++|mailto:[^\s<>]++|[\w.+-]{1,64}+@[\w.-]{1,255}+)>", re.IGNORECASE)
_BREAK = re.compile(r"<br[ \t]{0,9}+/?>", re.IGNORECASE)
_TOKEN = re.compile(r"<(?:[@#!/]|a?:|t:)[^<>\n]{0,255}+>")
_ENTITY = re.compile(r"&(?:#\d{1,7}+|#[xX][0-9a-fA-F]{1,6}+|[A-Za-z][A-Za-z0-9]{1,31}+);")
_ADDRESS = re.compile(r"[^\s<>`\[\]\"\u3000-\u303f\uff00-\uff20]++")
_TAIL = "?!.,:;*_~'"
_BLANK = re.compile(r"\s*+")
_DESTINATION = re.compile(r"<([^<>\n]*+)>")
_PARENS = re.compile(r"\\.|([()])|(\s++)", re.DOTALL)


class _Run:
    """A run of one mark, reduced to the marks that are not used yet."""

    __slots__ = ("closes", "end", "mark", "opens", "start")

    def __init__(self, mark: str, start: int, end: int, *, opens: bool, closes: bool) -> None:
        self.mark = mark
        self.start = start
        self.end = end
        self.opens = opens
        self.closes = closes


class _Bracket(NamedTuple):
    start: int
    image: bool
    runs: int
    """Number of runs of marks that came before the bracket."""


class _Parentheses:
    """Where the addresses of links end, found in one pass for all links of a text."""

    def __init__(self, text: str) -> None:
        self.closed: dict[int, int] = {}
        """Offset of a parenthesis to that of the one that closes it, within one word."""
        self.stops: dict[int, int] = {}
        """Offset of a parenthesis that its word does not close, and behind which all others are closed, to the end of
        that word."""
        self.unclosed: list[int] = []
        """Offsets of the parentheses that are not closed in the last word, which ends where the text ends."""
        for found in _PARENS.finditer(text):
            if found[2]:
                if self.unclosed:
                    self.stops[self.unclosed[-1]] = found.start()
                    self.unclosed.clear()
            elif found[1] == "(":
                self.unclosed.append(found.start())
            elif found[1] and self.unclosed:
                self.closed[self.unclosed.pop()] = found.start()
        self.last = frozenset(self.unclosed)


class _Scan:
    def __init__(self, text: str, *, unfinished: bool) -> None:
        self.text = text
        self.unfinished = unfinished
        self.spans: list[Span] = []
        self.open: list[Open] = []
        self._runs: list[_Run] = []
        self._brackets: list[_Bracket] = []
        self._inactive = 0
        """The depth below which brackets are around a link and so begin no link themselves."""
        self._ticks: dict[int, list[int]] | None = None
        self._parens: _Parentheses | None = None
        self._unquoted: set[str] = set()
        """The quote marks that do not occur any more in the rest of the text."""

    def run(self) -> Inline:
        at, text = 0, self.text
        while (found := _SPECIAL.search(text, at)) is not None:
            at = self._token(found[0], found.start(), found.end())
        waiting = self._pair(0)
        self.open += [Open(each.mark * (each.end - each.start), each.start, each.end) for each in waiting]
        self.spans.sort(key=lambda span: (span.start, -span.end))
        self.open.sort(key=lambda each: each.start)
        return Inline(self.spans, self.open)

    def _token(self, mark: str, start: int, end: int) -> int:
        """Read the construct that begins with this mark and return the offset at which to go on."""
        match mark[0]:
            case "`":
                return self._code(start, end)
            case "*" | "_" | "~":
                self._mark(mark, start, end)
                return end
            case "[" | "!":
                self._brackets.append(_Bracket(start, len(mark) == 2, len(self._runs)))
                return end
            case "]":
                return self._bracket(start) if self._brackets else end
            case "\\":
                return self._escape(start)
            case "<":
                return self._angle(start)
            case "&":
                return self._add("entity", start, _ENTITY.match(self.text, start), end)
            case _:
                return self._address(start, end)

    def _add(self, kind: SpanKind, start: int, found: re.Match[str] | None, otherwise: int) -> int:
        if found is None:
            return otherwise
        self.spans.append(Span(kind, start, start, found.end(), found.end()))
        return found.end()

    def _escape(self, at: int) -> int:
        if at + 1 < len(self.text) and self.text[at + 1] in _ESCAPABLE:
            self.spans.append(Span("escape", at, at + 1, at + 2, at + 2))
            return at + 2
        return at + 1

    def _code(self, start: int, end: int) -> int:
        if self._ticks is None:
            self._ticks = {}
            for found in _RUNS.finditer(self.text):
                self._ticks.setdefault(found.end() - found.start(), []).append(found.start())
        size = end - start
        starts = self._ticks.get(size, [])
        nearest = bisect_left(starts, end)
        if nearest < len(starts):
            close = starts[nearest]
            self.spans.append(Span("code", start, end, close, close + size))
            return close + size
        self.open.append(Open("`" * size, start, end))
        return len(self.text) if self.unfinished else end

    def _angle(self, start: int) -> int:
        text = self.text
        if (found := _ANGLE.match(text, start)) is not None:
            target = found[1] if ":" in found[1] else f"mailto:{found[1]}"
            self.spans.append(Span("url", start, start + 1, found.end() - 1, found.end(), target))
            return found.end()
        if (found := _BREAK.match(text, start)) is not None:
            return self._add("break", start, found, start)
        return self._add("token", start, _TOKEN.match(text, start), start + 1)

    def _address(self, start: int, end: int) -> int:
        text = self.text
        found = _ADDRESS.match(text, end)
        if found is None or (start and text[start - 1].isalnum()):
            return end
        behind = found.end()
        extra = text.count(")", end, behind) - text.count("(", end, behind)
        while behind > end and (text[behind - 1] in _TAIL or (extra > 0 and text[behind - 1] == ")")):
            behind -= 1
            extra -= text[behind] == ")"
        if behind > end:
            self.spans.append(Span("url", start, start, behind, behind, text[start:behind]))
        return behind

    def _mark(self, mark: str, start: int, end: int) -> None:
        if mark[0] == "~" and len(mark) != 2:
            return
        before = self.text[start - 1] if start else " "
        after = self.text[end] if end < len(self.text) else " "
        opens, closes = not after.isspace(), not before.isspace()
        if mark[0] == "_":
            opens, closes = opens and not before.isalnum(), closes and not after.isalnum()
        elif before.isalnum() and after.isalnum():
            opens = False
        if opens or closes:
            self._runs.append(_Run(mark[0], start, end, opens=opens, closes=closes))

    # The methods below read links.

    def _bracket(self, at: int) -> int:
        opened = self._brackets.pop()
        depth = len(self._brackets)
        inner = opened.start + 1 + opened.image
        active = opened.image or depth >= self._inactive
        self._inactive = min(self._inactive, depth)
        if active and self.text.startswith("(", at + 1):
            if (target := self._target(at + 1)) is not None:
                self._pair(opened.runs)
                kind: SpanKind = "image" if opened.image else "link"
                self.spans.append(Span(kind, opened.start, inner, at, target[1], target[0]))
                if not opened.image:
                    self._inactive = depth
                return target[1]
            if self.unfinished and self._half_target(at + 1):
                self.open.append(Open("](", opened.start, at))
                return len(self.text)
        self.spans.append(Span("bracket", opened.start, inner, at, at + 1))
        return at + 1

    def _target(self, at: int) -> tuple[str, int] | None:
        """Return the address in the parenthesis at this offset, and where the link ends; None if it is no link's."""
        text = self.text
        if (found := _DESTINATION.match(text, at + 1)) is not None:
            end = self._behind_title(found.end())
            return None if end is None else (found[1], end)
        parens = self._parentheses()
        if (close := parens.closed.get(at)) is not None:
            return text[at + 1 : close], close + 1
        stop = parens.stops.get(at)
        end = None if stop is None else self._behind_title(stop)
        return None if end is None else (text[at + 1 : stop], end)

    def _parentheses(self) -> _Parentheses:
        if self._parens is None:
            self._parens = _Parentheses(self.text)
        return self._parens

    def _behind_title(self, at: int) -> int | None:
        """Return the offset behind the parenthesis that ends a link, before which there may be a title; None without
        one."""
        at, text = self._behind_blanks(at), self.text
        if text[at : at + 1] in ('"', "'"):
            close = self._quote(text[at], at + 1)
            if close is None:
                return None
            at = self._behind_blanks(close + 1)
        return at + 1 if text.startswith(")", at) else None

    def _behind_blanks(self, at: int) -> int:
        found = _BLANK.match(self.text, at)
        return at if found is None else found.end()

    def _quote(self, mark: str, at: int) -> int | None:
        """Return the offset of the next quote mark of this kind that is not escaped; None if there is none."""
        if mark in self._unquoted:
            return None
        while (found := self.text.find(mark, at)) >= 0:
            if self.text[found - 1] != "\\":
                return found
            at = found + 1
        self._unquoted.add(mark)
        return None

    def _half_target(self, at: int) -> bool:
        """Return whether the text ends within the address, or its title, that begins with the parenthesis at this
        offset."""
        parens = self._parentheses()
        if at in parens.last:
            return True
        if (stop := parens.stops.get(at)) is None:
            return False
        title = self._behind_blanks(stop)
        if title >= len(self.text):
            return True
        return self.text[title] in "\"'" and self._quote(self.text[title], title + 1) is None

    # The methods below pair the marks of emphasis.

    def _pair(self, first: int) -> list[_Run]:
        """Pair the runs of marks from the ``first`` on and forget them. Return those that opened and were not
        closed."""
        waiting: dict[str, list[_Run]] = {"*": [], "_": [], "~": []}
        for run in self._runs[first:]:
            if run.closes:
                self._close(run, waiting)
            if run.start < run.end and run.opens:
                waiting[run.mark].append(run)
        del self._runs[first:]
        return [run for runs in waiting.values() for run in runs]

    def _close(self, run: _Run, waiting: dict[str, list[_Run]]) -> None:
        """Close the nearest open runs of the same mark with the marks of this run."""
        own = waiting[run.mark]
        while run.start < run.end and own:
            opener = own[-1]
            size = 2 if run.end - run.start > 1 and opener.end - opener.start > 1 else 1
            for runs in waiting.values():
                while runs and runs[-1].start > opener.start:
                    runs.pop()
            inner = opener.end
            opener.end -= size
            kind: SpanKind = "strike" if run.mark == "~" else "strong" if size == 2 else "emphasis"
            self.spans.append(Span(kind, opener.end, inner, run.start, run.start + size))
            run.start += size
            if opener.start == opener.end:
                own.pop()


def scan_inline(text: str, *, unfinished: bool = False) -> Inline:
    """Return the inline markup of one block (a paragraph, a list item, a cell).

    With ``unfinished`` the text is still being written: a code span or a link's address that begins and does not end
    takes all the text behind it.
    """
    return _Scan(text, unfinished=unfinished).run()


_WORDLESS = (Kind.OPENING, Kind.INDENTED, Kind.BLANK, Kind.RULE)


def block_spans(text: str, block: Block) -> list[Span]:
    """Return the inline markup of a block, with offsets in the whole text; a table is read line by line."""
    if block.kind in _WORDLESS:
        return []
    if block.kind is Kind.HEADER:
        pieces = [(line.content, line.end) for line in block.lines]
    else:
        pieces = [(block.lines[0].content, block.end)]
    return [
        Span(kind, start + at, inner + at, close + at, end + at, target)
        for at, behind in pieces
        for kind, start, inner, close, end, target in scan_inline(text[at:behind]).spans
    ]
