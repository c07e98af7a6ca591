"""Predicts whether a mention will come a second time, from what came before.

Slack sends a mention as two events, ``app_mention`` and ``message``, in any order. The first may lack the files that
the second has, and nothing in it says so. Where the app receives both, as the manifest asks, waiting for the other one
costs some milliseconds; where it receives mentions only, an ordinary mention waits for nothing, and nothing is looked
up for it.
"""

import time

from adapters.fields import Json
from adapters.slack.envelope import Me, mentions
from gateway.model import Envelope

AWAITS_TWIN = "awaits_twin"
"""Added to a stored ``app_mention`` whose ``message`` is likely to follow, or that is to be looked up by Slack's
API."""
_TRUST = 8
"""Mentions in a row without a ``message`` event after which none is expected any more."""
_LOOK_EVERY = 2.0
"""Seconds between two mentions that are looked up although no ``message`` is expected, because they came without
blocks, which a person's message always has. Slack allows about 50 calls of conversations.replies a minute."""


class Twins:
    """Remembers which of the two events came for each mention."""

    def __init__(self) -> None:
        self._alone = 0
        """Mentions received since the last one whose ``message`` event came."""
        self._look_at = 0.0

    def mark(self, envelope: Envelope, me: Me) -> None:
        """Note an event that came, and mark a mention that is to wait for its twin."""
        event = envelope.body.get("event")
        if not isinstance(event, dict):
            return
        kind = event.get("type")
        if kind == "message":
            if self._alone and envelope.ref.kind != "dm" and mentions(event, me.user):
                self._alone = 0
        elif kind == "app_mention":
            self._alone += 1
            if "files" not in event and (self._alone <= _TRUST or self._may_look(event)):
                envelope.body["event"] = {**event, AWAITS_TWIN: True}

    def _may_look(self, event: Json) -> bool:
        now = time.monotonic()
        if "blocks" in event or now < self._look_at:
            return False
        self._look_at = now + _LOOK_EVERY
        return True
