"""Finds the bot's references in what adapters make of them: a control carries more than its token."""

import re
from collections.abc import Callable

_HEADS = tuple(
    re.compile(each)
    for each in (
        r"gw[a-z][0-9a-z]",  # a control of a Discord message: its kind and place
        r"gw:",  # an input of a Teams form
        r"[a-z]\|(?:[\d.-]*\|){0,2}",  # an input of a Discord form: its kind and bounds
        r"[+-]",  # a thumb of a Slack message
        r"[0-9a-z]",  # an option of a Discord menu: its place
    )
)
"""What adapters write before a reference."""


def behind_head(given: str, name_of: Callable[[str], str | None]) -> str | None:
    """Return a text in which the reference has another name, with what an adapter wrote before it; None where there is
    no reference in it. ``name_of`` returns the name of a reference, None for any other text."""
    for head in _HEADS:
        if (match := head.match(given)) is not None and (found := name_of(given[match.end() :])) is not None:
            return match[0] + found
    return None
