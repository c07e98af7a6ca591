"""Masks words: each letter becomes one letter of its kind, so that the layout of a text stays and its words are gone.

A masked text masks to itself, which is what lets a replay compare what a bot said then with what it says now.
"""

import re
import unicodedata

_SCRIPTS: tuple[tuple[str, str], ...] = (
    ("CJK UNIFIED", "字"),
    ("CJK COMPAT", "字"),
    ("HIRAGANA", "あ"),
    ("KATAKANA", "ア"),
    ("HANGUL", "가"),
    ("ARABIC", "ع"),
    ("HEBREW", "א"),
    ("DEVANAGARI", "क"),
    ("THAI", "ก"),
)
"""Which letter stands for those of a script without capitals, by the beginning of the letters' Unicode names."""
_CASED: tuple[tuple[str, str, str], ...] = (("CYRILLIC", "Ж", "ж"), ("GREEK", "Ω", "ω"))
"""The capital and the small letter that stand for those of a script."""
_SURROGATES = re.compile("[\ud800-\udfff]")
_known: dict[str, str] = {}
"""The letter that stands for each character that was masked so far."""
_KNOWN = 20_000
"""Characters that are remembered at most."""


def masked(text: str) -> str:
    """Return the text with each letter replaced by one of the same kind: ``Hello, 世界 42`` becomes ``Xxxxx, 字字 00``.
    Digits become ``0``; blanks, punctuation, symbols and emoji stay.
    """
    return "".join([_known.get(each) or _learn(each) for each in text])


def without_surrogates(text: str) -> str:
    """Return the text with halves of surrogate pairs, which no file holds, replaced by U+FFFD."""
    return _SURROGATES.sub("\ufffd", text)


def _learn(character: str) -> str:
    if len(_known) > _KNOWN:
        _known.clear()
    found = _known[character] = _mask(character)
    return found


def _mask(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return "0"
    if category == "Cs":
        return "\ufffd"
    if category[0] != "L" and category not in ("Nl", "No", "Co"):
        return character
    name = unicodedata.name(character, "")
    for beginning, capital, small in _CASED:
        if name.startswith(beginning):
            return capital if category == "Lu" else small
    for beginning, letter in _SCRIPTS:
        if name.startswith(beginning):
            return letter
    return "X" if category in ("Lu", "Lt") else "x"
