"""Remembers the last few thousand messages, the bot's own and those that addressed it. Lost with the process, and not
known at replicas without the gateway connection: it only avoids mistakes. That a message sent again is not there twice
is for Discord to see to, by its nonce.

The gateway echoes every message with the nonce it was sent under; afterwards Discord never tells the nonce again. By
the echo a message whose answer was lost is recognised for certain.
"""

import time
from collections import OrderedDict
from typing import NamedTuple

from gateway.adapter import Cluster

_KEPT = 2_000
_DELETING = "discord.deleting"
"""The topic under which it is told that a message of the bot is being deleted."""


class Asked(NamedTuple):
    """Where a message in a channel belongs."""

    channel: str
    root: str
    """The id of the message that its conversation began with."""


class RecentMessages:
    """The last few thousand messages."""

    def __init__(self, cluster: Cluster | None = None) -> None:
        self._cluster = cluster
        self.since = time.time()
        """When the memory began, in seconds since the epoch; nothing is known of earlier messages."""
        self._asked: OrderedDict[str, Asked] = OrderedDict()
        self._sent: OrderedDict[str, str] = OrderedDict()
        self._doubtful: OrderedDict[str, None] = OrderedDict()
        self._claims: OrderedDict[str, str] = OrderedDict()
        self._tried: OrderedDict[str, None] = OrderedDict()

    def sent(self, id: str, nonce: str) -> None:
        """Remember that a message is the bot's own and was sent under this nonce (empty if that is not known)."""
        if nonce or id not in self._sent:
            self._sent[id] = nonce
            if len(self._sent) > _KEPT:
                self._sent.popitem(last=False)

    def listen(self) -> None:
        """Hear from now on which messages of the bot other replicas delete."""
        if self._cluster is not None:
            self._cluster.listen(_DELETING, lambda told: self.sent(str(told.get("id")), ""))

    def deleting(self, id: str) -> None:
        """Remember that a message is the bot's own and about to be deleted, so that Discord's word of it, at
        whichever replica, is known to be of the bot's own doing."""
        self.sent(id, "")
        if self._cluster is not None:
            self._cluster.tell(_DELETING, {"id": id})

    def asked(self, id: str, channel: str, root: str) -> None:
        """Remember a message that a person wrote to the bot in a channel, or the bot's answer to it, and the
        conversation they belong to."""
        self._asked[id] = Asked(channel, root)
        if len(self._asked) > _KEPT:
            self._asked.popitem(last=False)

    def root_of(self, id: str) -> str:
        """Return the message with which the conversation of a message in a channel began; empty if that is not
        known."""
        found = self._asked.get(id)
        return found.root if found is not None else ""

    def roots_in(self, channel: str) -> list[str]:
        """Return the messages in a channel with which the last conversations began."""
        return list(dict.fromkeys(each.root for each in self._asked.values() if each.channel == channel))

    def is_own(self, id: str) -> bool:
        """Return whether a message is known to be the bot's own."""
        return id in self._sent

    def nonce(self, id: str) -> str:
        """Return the nonce a message was sent under; empty if that is not known."""
        return self._sent.get(id, "")

    def claim(self, id: str, nonce: str) -> None:
        """Remember that a message was taken for the send with this nonce, so that no other send takes it."""
        self._claims[id] = nonce
        if len(self._claims) > _KEPT:
            self._claims.popitem(last=False)

    def claimed_by(self, id: str) -> str:
        """Return the nonce of the send a message was taken for; empty if there is none."""
        return self._claims.get(id, "")

    def tried(self, nonce: str) -> None:
        """Remember that this process is about to send a message under this nonce."""
        self._tried[nonce] = None
        if len(self._tried) > _KEPT:
            self._tried.popitem(last=False)

    def was_tried(self, nonce: str) -> bool:
        """Return whether this process tried to send under this nonce: then no message older than the process can be
        it."""
        return nonce in self._tried

    def doubt(self, nonce: str) -> None:
        """Remember that a message may have been sent under this nonce before, so that Discord's answer has to be
        compared with it."""
        self._doubtful[nonce] = None
        if len(self._doubtful) > _KEPT:
            self._doubtful.popitem(last=False)

    def is_doubtful(self, nonce: str) -> bool:
        """Return whether a message may have been sent under this nonce before."""
        return nonce in self._doubtful
