"""The token of an interaction: for fifteen minutes it answers where the interaction was, carried in the ref's route.

With it a command gets its answer, and a notice reaches one person alone. After it has ended both are ordinary messages.
"""

import time

from adapters.discord.fields import number
from adapters.discord.limits import INTERACTION_TOKEN
from adapters.fields import Json, obj, text
from gateway.model import ConversationRef

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
"""Types of interactions (Receiving and Responding, Interaction Type)."""

TOKEN = "interaction"  # noqa: S105 - the name of the entry
"""Route: the token."""
UNTIL = "until"
"""Route: when it ends, in seconds since the epoch."""
APP = "app"
"""Route: the application's id, under which the token is used."""
BY = "by"
"""Route: whose interaction it is. What is said by its token to one person alone is seen by them and nobody else."""
OWED = "owed"
"""Route: a command waits for its answer; the first message is that."""
SILENT = frozenset({"stop"})
"""Commands the core answers with nothing."""

_MARGIN = 30.0
"""Seconds a token is left alone before its end: it took some time to come here."""


def route_of(interaction: Json) -> dict[str, str]:
    """How it can be answered later than at once. Its time is counted from now and by our clock, not by Discord's, which
    its id would tell: a clock that is some minutes ahead would leave every command without its answer."""
    until = time.time() + INTERACTION_TOKEN - _MARGIN
    route = {
        TOKEN: text(interaction, "token"),
        UNTIL: f"{until:.0f}",
        APP: text(interaction, "application_id"),
        BY: person_of(interaction),
    }
    if number(interaction, "type") == COMMAND and text(obj(interaction, "data"), "name") not in SILENT:
        route[OWED] = "1"
    return route


def person_of(interaction: Json) -> str:
    """The id of who clicked, submitted or commanded."""
    return text(obj(obj(interaction, "member"), "user"), "id") or text(obj(interaction, "user"), "id")


def live(route: ConversationRef | dict[str, str]) -> str:
    """The token while it can be used; an empty one else."""
    known = route.route if isinstance(route, ConversationRef) else route
    token, until = known.get(TOKEN, ""), known.get(UNTIL, "")
    return token if token and until.isdigit() and time.time() < int(until) else ""
