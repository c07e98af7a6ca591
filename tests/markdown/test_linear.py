"""Whatever a model or a person wrote, reading it takes work in proportion to its length."""

from collections.abc import Callable

import pytest

from gateway.markdown.blocks import scan_blocks
from gateway.markdown.inline import scan_inline
from gateway.markdown.words import read_words
from tests.markdown.nasty import FAMILIES
from tests.support.steps import steps

SMALL, LARGE = 1_000, 8_000
FLOOR = 500
"""Steps that any text may take."""
ALLOWANCE = 60
"""Steps per character."""

SCANNERS: dict[str, Callable[[str], object]] = {
    "blocks": lambda text: list(scan_blocks(text)),
    "inline": scan_inline,
    "inline unfinished": lambda text: scan_inline(text, unfinished=True),
    "words": read_words,
}


@pytest.mark.parametrize("family", FAMILIES)
def test_work_grows_with_the_length(family: str) -> None:
    for name, scan in SCANNERS.items():
        small, large = FAMILIES[family](SMALL), FAMILIES[family](LARGE)
        few, many = steps(scan, small), steps(scan, large)
        assert many <= FLOOR + ALLOWANCE * len(large), (name, many)
        assert many <= FLOOR + 2 * few * len(large) / len(small), (name, few, many)
