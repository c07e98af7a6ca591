"""The token of an interaction: it answers in place for fifteen minutes, and travels in the route of the conversation's
ref.

By the token a command gets its answer, and a notice reaches one person alone. After it has expired both are ordinary
messages.
"""

from collections.abc import Mapping

from adapters.discord.fields import number
from adapters.discord.limits import INTERACTION_TOKEN
from adapters.fields import Json, obj, text
from gateway.model import ConversationRef

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
"""Types of interactions (Receiving and Responding, Interaction Type)."""

TOKEN = "interaction"  # noqa: S105 - the name of the entry
"""Key in a ref's route: the token."""
UNTIL = "until"
"""Key in a ref's route: when the token expires, in seconds since the epoch."""
APP = "app"
"""Key in a ref's route: the id of the application under which the token is used."""
BY = "by"
"""Key in a ref's route: whose interaction it is. A private message by the token is seen by that person alone."""
OWED = "owed"
"""Key in a ref's route: a command waits for its answer, which the first message becomes."""
SILENT = frozenset({"stop"})
"""Commands that the gateway answers with nothing."""

_ANSWERED = 6.0
"""Seconds within which an interaction is answered or was missed: Discord waits 3, and the call takes a while."""
_MARGIN = 30.0
"""Seconds before its end from which a token is no longer used, since it took some time to arrive."""


def route_of(interaction: Json, *, now: float) -> dict[str, str]:
    """Return the route entries by which an interaction can be answered later. The time is counted from ``now`` (epoch
    seconds) by the clock of all replicas, not by Discord's clock in the id: a clock that is some minutes ahead would
    leave every command without its answer."""
    until = now + INTERACTION_TOKEN - _MARGIN
    route = {
        TOKEN: text(interaction, "token"),
        UNTIL: f"{until:.0f}",
        APP: text(interaction, "application_id"),
        BY: person_of(interaction),
    }
    if number(interaction, "type") == COMMAND and text(obj(interaction, "data"), "name") not in SILENT:
        route[OWED] = "1"
    return route


def answered_by(route: Mapping[str, str]) -> float:
    """Return when the interaction will have been answered in place (epoch seconds); 0 where there is none."""
    until = route.get(UNTIL, "")
    return int(until) - INTERACTION_TOKEN + _MARGIN + _ANSWERED if until.isdigit() else 0.0


def person_of(interaction: Json) -> str:
    """Return the id of the person who clicked, submitted or commanded."""
    return text(obj(obj(interaction, "member"), "user"), "id") or text(obj(interaction, "user"), "id")


def live(route: ConversationRef | dict[str, str], *, now: float) -> str:
    """Return the token if it can be used at this time (epoch seconds), else an empty text."""
    known = route.route if isinstance(route, ConversationRef) else route
    token, until = known.get(TOKEN, ""), known.get(UNTIL, "")
    return token if token and until.isdigit() and now < int(until) else ""
