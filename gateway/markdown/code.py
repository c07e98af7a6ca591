"""Code blocks and code spans around a text, whatever backticks it holds."""

import re

_RUNS = re.compile(r"`++")


def longest_run(text: str) -> int:
    """How many backticks stand side by side in the text at most."""
    return max((len(run) for run in _RUNS.findall(text)), default=0)


def fenced(text: str, info: str = "") -> str:
    """The text as a fenced code block."""
    fence = "`" * max(3, 1 + longest_run(text))
    return f"{fence}{info}\n{text}\n{fence}"
