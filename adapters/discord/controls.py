"""What our buttons and forms say in their ``custom_id``: a mark, what they are, and the token they carry.

A ``custom_id`` is all there is: no state is kept for a control, so one that was sent by another process works the same.
"""

from typing import NamedTuple

from adapters.discord.limits import CUSTOM_ID, ID_MARK
from gateway.errors import Rejected

ACTION, GOOD, BAD, STARTER, FORM = "a", "u", "d", "s", "f"
"""A button; thumbs up and down; a suggested prompt, whose token is the prompt; a form."""

_MARK = "gw"
_PLACES = "0123456789abcdefghijklmnopqrstuvwxyz"


class Control(NamedTuple):
    """One of ours."""

    kind: str
    token: str


def write(kind: str, token: str, place: int = 0) -> str:
    """The ``custom_id``. ``place`` keeps two controls of one message apart that carry the same token."""
    room = CUSTOM_ID - ID_MARK
    if len(token) > room:
        raise Rejected(f"a Discord control carries {room} characters, this token has {len(token)}")
    return f"{_MARK}{kind}{_PLACES[place]}{token}"


def read(custom_id: str) -> Control | None:
    """What a ``custom_id`` says; None for one that is not ours."""
    if not custom_id.startswith(_MARK) or len(custom_id) < ID_MARK or custom_id[3] not in _PLACES:
        return None
    return Control(custom_id[2], custom_id[ID_MARK:])


def fits(token: str) -> bool:
    """Whether a control can carry it."""
    return len(token) <= CUSTOM_ID - ID_MARK
