"""Converts Teams' HTML to Markdown and the messages it quotes. Pure, bounded, and never raises.

Theory. The standard library's parser reports tags and words; a stack of open elements collects what is in each, and a
closed element becomes a piece of Markdown in its parent. So each character is copied once for each level it is in, of
which there are at most ``MAX_DEPTH``; deeper elements are ignored, and their words belong to the deepest one counted.
The parser looks for the end of a declaration or of a tag anew at each beginning of one, so those without an end are
removed first (``_closed``).
"""

import re
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from typing import NamedTuple

from adapters.teams import blocks

MAX_HTML = 100_000
"""Characters of HTML that are read: Teams takes messages of up to 100 KB as UTF-16."""
MAX_TAGS = 1_500
"""Tags that are read: each takes some 5 microseconds, on the event loop. A table of 20 rows and columns has 900."""
MAX_DEPTH = 32
"""Levels of nested elements that are distinguished."""
MAX_QUOTES = 20
"""Quoted messages that are read."""

_STYLES: Mapping[str, str] = {
    "strong": "**", "b": "**", "em": "_", "i": "_", "s": "~~", "strike": "~~", "del": "~~",
}  # fmt: skip
_HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}
_LINES = {"div", "dd", "dt", "figcaption", "caption"}
_PARAGRAPHS = {"p", "section", "article", "figure", "dl", *_HEADINGS}
_LISTS = {"ul", "ol"}
_CODE = {"pre", "codeblock"}
_BLOCKS = {"blockquote", "li", "table", "tr", "td", "th", *_LINES, *_PARAGRAPHS, *_LISTS, *_CODE}
_INLINE = {"a", "at", "code", "mention", "mri", "time", *_STYLES}
_ENDED_BY: Mapping[str, tuple[set[str], set[str]]] = {
    "li": ({"li"}, _LISTS),
    "tr": ({"tr"}, {"table"}),
    "td": ({"td", "th"}, {"tr", "table"}),
    "th": ({"td", "th"}, {"tr", "table"}),
}
"""Elements that end another that was left open: which ones, and the elements in which it is looked for."""
_UNSEEN = {"script", "style", "head", "title", "noscript", "template", "attachment", "quoted"}
"""Elements whose content is not shown."""
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_LANGUAGE = re.compile(r"(?:language-|lang-)?([a-zA-Z0-9+#.-]{1,30})")
_SAYS_NOTHING = {"", "image", "picture", "img", "photo"}
"""Alternative texts that clients insert by themselves."""


class Quote(NamedTuple):
    """A message that another one quotes or forwards."""

    kind: str
    """The last part of its ``itemtype``: ``Reply``, ``Forward``."""
    message_id: str
    author: str
    text: str


class Read(NamedTuple):
    """The words and the quotes of a piece of HTML."""

    markdown: str
    quotes: tuple[Quote, ...]


class _Element:
    """An open element and what was read in it."""

    __slots__ = ("about", "author", "blocks", "cells", "is_block", "line", "name", "number", "rows", "tight")

    def __init__(self, name: str, about: Mapping[str, str], *, is_block: bool) -> None:
        self.name = name
        self.about = about
        self.is_block = is_block
        self.line: list[str] = []
        """The words of the current line; of an inline element all of its words."""
        self.blocks: list[str] = []
        self.tight: list[bool] = []
        """Whether each block is a line rather than a paragraph; no blank line goes between two lines."""
        self.rows: list[list[str]] = []
        """The rows of a table."""
        self.cells: list[str] = []
        """The cells of a row of a table."""
        self.number = 1
        """The number of the next item of a numbered list."""
        self.author = ""
        """The author of a quotation."""


def read(html: str, *, mention: Callable[[str, str], str], shows_pictures: bool = False) -> Read | None:
    """Read HTML; None for HTML beyond the limits. ``mention`` returns the text for a mention's name and number, empty
    for one that is left out. ``shows_pictures``: the pictures came as files too, so those without a description are
    left out."""
    if len(html) > MAX_HTML or html.count("<") > MAX_TAGS:
        return None
    reader = _Reader(mention, shows_pictures=shows_pictures)
    reader.feed(_closed(html))
    reader.close()
    found = reader.finish()
    return found if len(found.markdown) <= MAX_HTML else None


def _closed(html: str) -> str:
    """Return the HTML without comments, and with what begins like a tag but has no end as plain words."""
    parts: list[str] = []
    at = 0
    while (start := html.find("<!--", at)) >= 0:
        end = html.find("-->", start + 4)
        parts.append(html[at:start])
        if end < 0:
            at = len(html)
            break
        at = end + 3
    html = "".join(parts) + html[at:]
    html = html.replace("<!", "&lt;!").replace("<?", "&lt;?")
    last = html.rfind(">") + 1
    return html[:last] + html[last:].replace("<", "&lt;")


class _Reader(HTMLParser):
    def __init__(self, mention: Callable[[str, str], str], *, shows_pictures: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._mention = mention
        self._shows_pictures = shows_pictures
        self._root = _Element("", {}, is_block=True)
        self._open = [self._root]
        self._unseen = ""
        self._unseen_depth = 0
        self._spans: list[str] = []
        """The element that each open ``span`` began; empty for none."""
        self._swallow = False
        """Whether to drop the next blank, because a mention behind a blank was left out."""
        self._quotes: list[Quote] = []

    # The methods below are called by the parser.

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = {name: value or "" for name, value in attrs}
        if self._unseen:
            self._unseen_depth += tag == self._unseen
        elif tag in _UNSEEN:
            if tag != "quoted" and tag != "attachment":  # placeholders, which may do without an end
                self._unseen, self._unseen_depth = tag, 1
        elif tag == "br":
            self._words("\n", verbatim=True)
        elif tag == "hr":
            if self._make_room("hr"):
                _add(self._open[-1], "---")
        elif tag in ("img", "emoji"):
            self._picture(tag, about)
        elif tag == "span":
            self._span(about)
        elif tag in _BLOCKS or tag in _INLINE:
            self._enter(tag, about)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("br", "hr", "img", "emoji"):
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            self._unseen_depth -= tag == self._unseen
            if not self._unseen_depth:
                self._unseen = ""
        elif tag == "span":
            if self._spans and (name := self._spans.pop()):
                self._leave(name)
        elif tag in _BLOCKS or tag in _INLINE:
            self._leave(tag)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._words(data)

    # The methods below collect words.

    def _words(self, text: str, *, verbatim: bool = False) -> None:
        here = self._open[-1]
        if not verbatim and not self._in_code():
            text = _BLANKS.sub(" ", text)
            if not here.line and here.is_block:
                text = text.lstrip(" ")
            elif text.startswith(" ") and here.line and here.line[-1].endswith((" ", "\n")):
                text = text[1:]
        text = text.replace("\xa0", " ")
        if self._swallow and text:
            self._swallow = False
            text = text.removeprefix(" ")
        if text:
            here.line.append(text)

    def _picture(self, tag: str, about: Mapping[str, str]) -> None:
        words = about.get("alt", "").strip()
        small = tag == "emoji" or about.get("itemtype", "").endswith(("/Emoji", "/Emoticon"))
        if small:
            words = words or about.get("title", "").strip()
        elif words.lower() in _SAYS_NOTHING:
            words = "" if self._shows_pictures else "(picture)"
        if words:
            self._words(words, verbatim=True)

    def _span(self, about: Mapping[str, str]) -> None:
        property = about.get("itemprop", "")
        name = "mention" if about.get("itemtype", "").endswith("/Mention") else property
        self._spans.append(name if name in ("mention", "mri", "time") and self._enter(name, about) else "")

    # The methods below open and close elements.

    def _in_code(self) -> bool:
        return any(element.name in _CODE or element.name == "code" for element in self._open)

    def _enter(self, tag: str, about: Mapping[str, str]) -> bool:
        if tag in _BLOCKS:
            if not self._make_room(tag):
                return False
        elif self._has_no_effect(tag):
            return False
        if len(self._open) > MAX_DEPTH:
            _end_line(self._open[-1])
            return False
        element = _Element(tag, about, is_block=tag in _BLOCKS)
        start = about.get("start", "")
        if tag == "ol" and start.isascii() and start.isdigit() and len(start) < 10:
            element.number = int(start)
        self._open.append(element)
        return True

    def _make_room(self, tag: str) -> bool:
        """Close what a block ends. Return False for a block that cannot be here: within code it only ends a line, and
        the parts of a table mean nothing outside of one."""
        if any(element.name in _CODE for element in self._open):
            words = self._open[-1].line
            if words and not words[-1].endswith("\n"):
                words.append("\n")
            return False
        parent = {"td": "tr", "th": "tr", "tr": "table"}.get(tag)
        if parent is not None and not any(element.name == parent for element in self._open):
            return False
        while not self._open[-1].is_block or self._open[-1].name == "p" or self._open[-1].name in _HEADINGS:
            self._close()
        if tag in _ENDED_BY:
            ended, within = _ENDED_BY[tag]
            innermost = next((each.name for each in reversed(self._open) if each.name in ended | within), "")
            if innermost in ended:
                self._leave(innermost)
        return True

    def _has_no_effect(self, tag: str) -> bool:
        """Return whether the element changes nothing: it is in effect already (bold in bold), or is within code or a
        name."""
        mark = _STYLES.get(tag)
        for element in reversed(self._open):
            if element.name in _CODE or element.name in ("code", "mention", "at", tag):
                return True
            if mark is not None and _STYLES.get(element.name) == mark:
                return True
            if element.is_block:
                return False
        return False

    def _leave(self, tag: str) -> None:
        """Close the innermost element of this name, with all that is open in it; none if there is none."""
        for at in range(len(self._open) - 1, 0, -1):
            element = self._open[at]
            if element.name == tag:
                while len(self._open) > at:
                    self._close()
                return
            if element.is_block and tag in _INLINE:
                return

    def _close(self) -> None:
        element = self._open.pop()
        if element.is_block:
            self._close_block(element)
        elif "mri" in (element.name, element.about.get("itemprop")) and (quotation := self._quotation()) is not None:
            quotation.author = " ".join("".join(element.line).split())
        else:
            written = self._in_line(element)
            if written:
                self._open[-1].line.append(written)

    def _in_line(self, element: _Element) -> str:
        words = "".join(element.line)
        match element.name:
            case "code":
                return blocks.code_span(words)
            case "a":
                return blocks.link(words, element.about.get("href", ""))
            case "at" | "mention":
                name = " ".join(words.split())
                said = self._mention(name, element.about.get("itemid", "")) if name else ""
                line = self._open[-1].line
                self._swallow = bool(name) and not said and (not line or line[-1].endswith((" ", "\n")))
                return said
            case "time":
                return ""
            case name:
                return blocks.styled(words, _STYLES.get(name, ""))

    def _close_block(self, element: _Element) -> None:
        parent = self._open[-1]
        match element.name:
            case "td" | "th":
                self._innermost("tr").cells.append(blocks.cell(_content(element)))
            case "tr":
                self._innermost("table").rows.append(element.cells)
            case "table":
                _add(parent, _content(element))  # its caption
                _add(parent, blocks.table(element.rows))
            case "pre" | "codeblock":
                words = "".join(element.line).strip("\n")
                _add(parent, blocks.code_block(words, _language(element.about)) if words.strip() else "")
            case "blockquote":
                self._close_quote(element, parent)
            case "li":
                mark = "- "
                if parent.name == "ol":
                    mark, parent.number = f"{parent.number}. ", parent.number + 1
                _add(parent, blocks.item(_content(element, tight=True), mark), tight=True)
            case name:
                words = _content(element)
                if name in _HEADINGS and words:
                    words = f"{_HEADINGS[name]} {' '.join(words.split())}"
                tight = name in _LINES or (name in _LISTS and parent.name == "li")
                _add(parent, words, tight=tight and all(element.tight))

    def _close_quote(self, element: _Element, parent: _Element) -> None:
        kind = element.about.get("itemtype", "").rpartition("/")[2]
        words = _content(element)
        if kind not in ("Reply", "Forward"):
            _add(parent, blocks.quote(words) if words else "")
        elif len(self._quotes) < MAX_QUOTES:
            self._quotes.append(Quote(kind, element.about.get("itemid", ""), element.author, words))

    def _quotation(self) -> _Element | None:
        """Return the innermost open quotation; None outside of one."""
        return next((element for element in reversed(self._open) if element.name == "blockquote"), None)

    def _innermost(self, name: str) -> _Element:
        """Return the innermost open element of this name; there is one whenever this is called."""
        return next(element for element in reversed(self._open) if element.name == name)

    def finish(self) -> Read:
        """Return what was read, after closing all open elements."""
        while len(self._open) > 1:
            self._close()
        return Read(_content(self._root), tuple(self._quotes))


def _add(parent: _Element, text: str, *, tight: bool = False) -> None:
    """Add a block to an element, behind the words that came before it."""
    _end_line(parent)
    if text:
        parent.blocks.append(text)
        parent.tight.append(tight)


def _end_line(element: _Element) -> None:
    words = "".join(element.line)
    element.line.clear()
    if words.strip():
        element.blocks.append("\n".join(line.strip(" ") for line in words.strip().split("\n")))
        element.tight.append(True)


def _content(element: _Element, *, tight: bool = False) -> str:
    """Return everything that was read in an element; with ``tight`` without blank lines between its blocks."""
    _end_line(element)
    parts: list[str] = []
    for at, block in enumerate(element.blocks):
        if at:
            parts.append("\n" if tight or (element.tight[at - 1] and element.tight[at]) else "\n\n")
        parts.append(block)
    return "".join(parts)


def _language(about: Mapping[str, str]) -> str:
    """Return the language a code block names: ``class="language-python"`` or ``class="Python"``."""
    found = _LANGUAGE.match(about.get("class", "") or about.get("language", ""))
    return found[1].lower() if found else ""
