"""Whatever a model or a person wrote, reading it takes work in proportion to its length."""

from collections.abc import Callable

import pytest

from gateway.markdown.blocks import scan_blocks
from gateway.markdown.inline import scan_inline
from gateway.markdown.open_markup import close_open_markup
from gateway.markdown.split import Splitter, split
from gateway.markdown.words import read_words
from tests.markdown.nasty import FAMILIES
from tests.support.steps import steps

SIZE = 8_000
BUDGET = 80
"""Steps a character may cost. What is quadratic costs thousands here."""


def _grown(text: str) -> None:
    splitter = Splitter(500)
    for end in range(500, len(text) + 500, 500):
        splitter.parts(text[:end])


SCANNERS: dict[str, Callable[[str], object]] = {
    "blocks": lambda text: list(scan_blocks(text)),
    "inline": scan_inline,
    "inline unfinished": lambda text: scan_inline(text, unfinished=True),
    "words": read_words,
    "closing open markup": close_open_markup,
    "splitting": lambda text: split(text, 500, tables=1),
    "splitting into large parts": lambda text: split(text, 4_000),
    "splitting what grows": lambda text: _grown(text),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_character_costs_a_bounded_number_of_steps(family: str) -> None:
    text = FAMILIES[family](SIZE)
    for name, scan in SCANNERS.items():
        assert steps(scan, text) <= BUDGET * len(text), name
