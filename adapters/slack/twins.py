"""Predicts whether a mention will come a second time, from what came before.

Slack sends a mention as two events, ``app_mention`` and ``message``, in any order. The first may lack the files that
the second has, and nothing in it says so. Where the app receives both, as the manifest asks, waiting for the other one
costs some milliseconds; where it receives mentions only, an ordinary mention waits for nothing, and nothing is looked
up for it.
"""

import math
import time
from collections.abc import Mapping
from typing import Any

from adapters.fields import Json
from adapters.slack.envelope import Me, mentions
from gateway.adapter import Cluster
from gateway.model import Envelope

AWAITS_TWIN = "awaits_twin"
"""Added to a stored ``app_mention`` whose ``message`` is likely to follow, or that is to be looked up by Slack's
API."""
_TRUST = 8
"""Mentions in a row without a ``message`` event after which none is expected any more."""
_LOOK_EVERY = 2.0
"""Seconds between two mentions that are looked up although no ``message`` is expected, because they came without
blocks, which a person's message always has. Slack allows about 50 calls of conversations.replies a minute."""
_TOPIC = "slack.twins"
_TELL_EVERY = 20.0
"""Seconds between two words to other replicas that ``message`` events come."""
_HEARD = 60.0
"""Seconds for which such a word of another replica counts."""


class Twins:
    """Remembers which of the two events came for each mention. The replicas of the gateway tell each other that both
    come, because the two events of a mention often come to different ones."""

    def __init__(self, cluster: Cluster | None = None) -> None:
        self._cluster = cluster
        self._told_at = self._heard_at = -math.inf
        self._alone = 0
        """Mentions received since the last one whose ``message`` event came."""
        self._look_at = 0.0

    def listen(self) -> None:
        """Hear from now on what other replicas receive."""
        if self._cluster is not None:
            self._cluster.listen(_TOPIC, self._heard)

    def _heard(self, told: Mapping[str, Any]) -> None:
        self._heard_at = time.monotonic()

    def _may_tell(self) -> bool:
        shared = self._cluster is not None and self._cluster.shared
        return shared and time.monotonic() - self._told_at > _TELL_EVERY

    def _came(self) -> None:
        self._alone = 0
        if self._cluster is not None and self._may_tell():
            self._told_at = time.monotonic()
            self._cluster.tell(_TOPIC, {})

    def mark(self, envelope: Envelope, me: Me) -> None:
        """Note an event that came, and mark a mention that is to wait for its twin."""
        event = envelope.body.get("event")
        if not isinstance(event, dict):
            return
        kind = event.get("type")
        if kind == "message":
            if (self._alone or self._may_tell()) and envelope.ref.kind != "dm" and mentions(event, me.user):
                self._came()
        elif kind == "app_mention":
            self._alone += 1
            expected = self._alone <= _TRUST or time.monotonic() - self._heard_at < _HEARD
            if "files" not in event and (expected or self._may_look(event)):
                envelope.body["event"] = {**event, AWAITS_TWIN: True}

    def _may_look(self, event: Json) -> bool:
        now = time.monotonic()
        if "blocks" in event or now < self._look_at:
            return False
        self._look_at = now + _LOOK_EVERY
        return True
