"""Writes and reads the ``custom_id`` of buttons, menus and forms: a mark, the kind of control, the token it carries.

No state is held for a control, so one that another process sent works the same.
"""

from typing import NamedTuple

from adapters.discord.limits import CUSTOM_ID, ID_MARK, OPTION
from gateway.errors import Rejected

ACTION, MENU, GOOD, BAD, STARTER, FORM = "a", "m", "u", "d", "s", "f"
"""Kinds of controls: a button; a menu, whose options have the tokens; thumbs up and down; a suggested prompt, whose
token is the prompt; a form."""

_MARK = "gw"
_PLACES = "0123456789abcdefghijklmnopqrstuvwxyz"


class Control(NamedTuple):
    """A control that this adapter sent, read from its ``custom_id``."""

    kind: str
    token: str


def write(kind: str, token: str, place: int = 0) -> str:
    """Return the ``custom_id`` of a control. ``place`` distinguishes two controls of one message that carry the same
    token."""
    room = CUSTOM_ID - ID_MARK
    if len(token) > room:
        raise Rejected(f"a Discord control carries {room} characters, this token has {len(token)}")
    return f"{_MARK}{kind}{_PLACES[place]}{token}"


def read(custom_id: str) -> Control | None:
    """Return the control that a ``custom_id`` describes; None for one that this adapter did not write."""
    if not custom_id.startswith(_MARK) or len(custom_id) < ID_MARK or custom_id[3] not in _PLACES:
        return None
    return Control(custom_id[2], custom_id[ID_MARK:])


def fits(token: str) -> bool:
    """Return whether a control can carry this token."""
    return len(token) <= CUSTOM_ID - ID_MARK


def picked(token: str, place: int) -> str:
    """Return the value of a menu's option. ``place`` distinguishes two options of one menu with the same token."""
    if len(token) >= OPTION:
        raise Rejected(f"an option of a Discord menu carries {OPTION - 1} characters, this token has {len(token)}")
    return f"{_PLACES[place]}{token}"


def token_of(value: str) -> str:
    """Return the token of a menu's option."""
    return value[1:]
