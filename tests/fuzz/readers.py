"""The code that reads what somebody else wrote, each as one function of choices: any exception is a bug."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Protocol

from adapters.jsons import NotJson, loads
from adapters.slack.envelope import Ignored, Me, envelope_of
from adapters.slack.parse import parse as parse_slack
from adapters.teams.envelope import Ignored as IgnoredActivity
from adapters.teams.envelope import envelopes_of
from adapters.teams.parse import parse as parse_teams
from gateway.markdown.split import split
from gateway.model import Envelope, from_json, to_json
from tests.discord.recorded import RECORDED
from tests.discord.test_mutations import heard
from tests.fuzz.mutations import Choices, dumped, mutated
from tests.slack.test_parse import callback, message
from tests.teams.recorded import recorded


class Steered(Choices, Protocol):
    """Choices, and the bytes that are left of what they are made from."""

    def rest(self) -> bytes:
        """Return all bytes that are left."""
        ...


Read = Callable[[Steered], None]


def slack() -> Read:
    """Read events of Slack with anything changed, from the JSON to the event that the bot gets."""
    events = [message(), message(type="app_mention"), message(subtype="file_share", files=[{"id": "F1"}])]
    sent: list[Any] = [callback(each) for each in events]
    me = Me("T1", "UBOT", "BBOT", "gateway")

    def read(steered: Steered) -> None:
        body = _read_again(mutated(steered_one(steered, sent), steered))
        if not isinstance(body, dict):
            return
        envelope = envelope_of(body, me=me, dm_session="dm")
        if not isinstance(envelope, Ignored):
            parse_slack(from_json(Envelope, to_json(envelope)), me=me)

    return read


def teams() -> Read:
    """Read activities of Teams with anything changed."""
    sent: list[Any] = json.loads(json.dumps(recorded()))

    def read(steered: Steered) -> None:
        body = _read_again(mutated(steered_one(steered, sent), steered))
        if not isinstance(body, dict):
            return
        found = envelopes_of(body)
        for envelope in [] if isinstance(found, IgnoredActivity) else found:
            parse_teams(from_json(Envelope, to_json(envelope)))

    return read


def discord() -> Read:
    """Read dispatches of Discord with anything changed."""

    def read(steered: Steered) -> None:
        kind, data = steered_one(steered, RECORDED)
        asyncio.run(heard(kind, _read_again(mutated(data, steered))))

    return read


def markdown() -> Read:
    """Split any text at a platform's limits: nothing is lost."""

    def read(steered: Steered) -> None:
        limit = 20 + steered.below(400)
        text = steered.rest().decode("utf-8", "replace")
        parts = split(text, limit)
        assert all(len(part) <= limit for part in parts)

    return read


def json_bytes() -> Read:
    """Read any bytes as JSON: a value, or ``NotJson``."""

    def read(steered: Steered) -> None:
        try:
            loads(steered.rest())
        except NotJson:
            return

    return read


def steered_one(steered: Steered, values: Any) -> Any:
    """Return one of some values."""
    return values[steered.below(len(values))]


def _read_again(value: Any) -> Any:
    """Return what the adapters' reader makes of a value once it was sent; None for what it refuses."""
    try:
        return loads(dumped(value))
    except NotJson:
        return None
