"""Reads the words of Markdown without its marks: what a cell, a title or a label says, and in which style."""

import html
from typing import Literal, NamedTuple

from gateway.markdown.inline import Span, scan_inline

Style = Literal["strong", "emphasis", "strike", "code"]
_STYLES: dict[str, Style] = {"strong": "strong", "emphasis": "emphasis", "strike": "strike"}


class Words(NamedTuple):
    """A run of words in one style."""

    text: str
    """The words as they are read: escapes and entities are resolved, a ``<br>`` is a line break."""
    styles: frozenset[Style] = frozenset()
    target: str = ""
    """The address that the words link to; empty if they are no link."""


def read_words(text: str) -> list[Words]:
    """Return the words of one block of Markdown in order. An image is a link to it."""
    return _Reading(text).found


def plain_text(text: str) -> str:
    """Return the words of one block of Markdown, without any marks."""
    return "".join([each.text for each in read_words(text)])


def cell_text(cell: str) -> str:
    """Return the words of a table's cell for a place that shows only characters: the address of a link follows its
    label, a line break becomes a slash."""
    shown: list[str] = []
    for each in read_words(cell):
        hidden = each.target and each.target.removeprefix("mailto:") != each.text
        shown.append(f"{each.text} ({each.target})" if hidden else each.text)
    return "".join(shown).replace("\n", " / ")


def code_text(text: str, span: Span) -> str:
    """Return the content of a code span, without the one blank on both sides that only separates it from its marks."""
    inside = text[span.inner : span.close].replace("\n", " ")
    padded = inside.startswith(" ") and inside.endswith(" ") and inside.strip(" ")
    return inside[1:-1] if padded else inside


class _Reading:
    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[Words] = []
        self._at = 0
        self._said: list[str] = []
        """Pieces of text in the style of ``_last`` that are not in ``found`` yet."""
        self._last = Words("")
        self._style = Words("")
        """The style of words at the current offset; its text is empty."""
        self._around: list[tuple[Span, Words]] = []
        """The marks and links around the current offset, with the style that applies outside of each."""
        for span in scan_inline(text).spans:
            if span.kind != "bracket":
                self._span(span)
        self._leave(len(text) + 1)
        self._until(len(text))
        self._flush()

    def _span(self, span: Span) -> None:
        self._leave(span.start)
        self._until(span.start)
        style = self._style
        if span.kind in _STYLES or span.kind in ("link", "image"):
            self._around.append((span, style))
            self._style = _inside(span, style)
            self._at = span.inner
            return
        self._at = span.end
        match span.kind:
            case "code":
                self._say(code_text(self.text, span), style._replace(styles=style.styles | {"code"}))
            case "url":
                self._say(self.text[span.inner : span.close], style._replace(target=style.target or span.target))
            case "entity":
                self._say(html.unescape(self.text[span.start : span.end]), style)
            case "break":
                self._say("\n", style)
            case _:
                self._say(self.text[span.inner : span.close], style)

    def _until(self, end: int) -> None:
        if self._at < end:
            self._say(self.text[self._at : end], self._style)
            self._at = end

    def _leave(self, start: int) -> None:
        """Leave the marks and links that end before this offset."""
        while self._around and self._around[-1][0].close < start:
            span, style = self._around.pop()
            self._until(span.close)
            self._at = span.end
            self._style = style

    def _say(self, text: str, style: Words) -> None:
        if style.styles != self._last.styles or style.target != self._last.target:
            self._flush()
            self._last = style
        self._said.append(text)

    def _flush(self) -> None:
        if said := "".join(self._said):
            self.found.append(self._last._replace(text=said))
        self._said.clear()


def _inside(span: Span, style: Words) -> Words:
    """Return the style of words within this span."""
    if span.kind in _STYLES:
        return style._replace(styles=style.styles | {_STYLES[span.kind]})
    return style._replace(target=span.target)
