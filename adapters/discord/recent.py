"""What the adapter remembers of the last messages, its own and those it was asked in. Bounded, and gone with the
process: it only spares mistakes.

The gateway echoes every message with the nonce it was sent under; afterwards Discord tells the nonce nobody. With the
echo a message whose answer was lost is recognised for certain.
"""

import time
from collections import OrderedDict
from typing import NamedTuple

_KEPT = 2_000


class Asked(NamedTuple):
    """Where a person's message in a channel belongs."""

    channel: str
    root: str
    """The message its conversation began with."""


class RecentMessages:
    """The last few thousand messages."""

    def __init__(self) -> None:
        self.since = time.time()
        """Epoch seconds: nothing is known of what was said before."""
        self._asked: OrderedDict[str, Asked] = OrderedDict()
        self._sent: OrderedDict[str, str] = OrderedDict()
        self._doubtful: OrderedDict[str, None] = OrderedDict()
        self._claims: OrderedDict[str, str] = OrderedDict()
        self._tried: OrderedDict[str, None] = OrderedDict()

    def sent(self, id: str, nonce: str) -> None:
        """A message is the bot's own, and was sent under this nonce (empty if that is not known)."""
        if nonce or id not in self._sent:
            self._sent[id] = nonce
            if len(self._sent) > _KEPT:
                self._sent.popitem(last=False)

    def asked(self, id: str, channel: str, root: str) -> None:
        """A person said it to the bot in a channel, where only this tells which conversation it is of."""
        self._asked[id] = Asked(channel, root)
        if len(self._asked) > _KEPT:
            self._asked.popitem(last=False)

    def root_of(self, id: str) -> str:
        """The message with which the conversation of a message in a channel began; empty if that is not known."""
        found = self._asked.get(id)
        return found.root if found is not None else ""

    def roots_in(self, channel: str) -> list[str]:
        """The messages in a channel with which the last conversations began."""
        return list(dict.fromkeys(each.root for each in self._asked.values() if each.channel == channel))

    def is_own(self, id: str) -> bool:
        """Whether a message is known to be the bot's own."""
        return id in self._sent

    def nonce(self, id: str) -> str:
        """The nonce a message was sent under, as far as it is known."""
        return self._sent.get(id, "")

    def claim(self, id: str, nonce: str) -> None:
        """A message was taken for what was sent under this nonce: it is nobody else's from now on."""
        self._claims[id] = nonce
        if len(self._claims) > _KEPT:
            self._claims.popitem(last=False)

    def claimed_by(self, id: str) -> str:
        """The nonce of the send a message was taken for; empty if it was not."""
        return self._claims.get(id, "")

    def tried(self, nonce: str) -> None:
        """This process is about to send it."""
        self._tried[nonce] = None
        if len(self._tried) > _KEPT:
            self._tried.popitem(last=False)

    def was_tried(self, nonce: str) -> bool:
        """Whether this process tried to send it: then nothing older than the process is it."""
        return nonce in self._tried

    def doubt(self, nonce: str) -> None:
        """It may have been sent before: whatever Discord answers has to be looked at."""
        self._doubtful[nonce] = None
        if len(self._doubtful) > _KEPT:
            self._doubtful.popitem(last=False)

    def is_doubtful(self, nonce: str) -> bool:
        """Whether it may have been sent before."""
        return nonce in self._doubtful
