"""What the adapter remembers of its own last messages. Bounded, and gone with the process: it only spares mistakes.

The gateway echoes every message with the nonce it was sent under; afterwards Discord tells the nonce nobody. With the
echo a message whose answer was lost is recognised for certain.
"""

from collections import OrderedDict

_KEPT = 2_000


class Memory:
    """The last few thousand messages."""

    def __init__(self) -> None:
        self._sent: OrderedDict[str, str] = OrderedDict()
        self._doubtful: OrderedDict[str, None] = OrderedDict()

    def sent(self, id: str, nonce: str) -> None:
        """A message is the bot's own, and was sent under this nonce (empty if that is not known)."""
        if nonce or id not in self._sent:
            self._sent[id] = nonce
            if len(self._sent) > _KEPT:
                self._sent.popitem(last=False)

    def is_own(self, id: str) -> bool:
        """Whether a message is known to be the bot's own."""
        return id in self._sent

    def nonce(self, id: str) -> str:
        """The nonce a message was sent under, as far as it is known."""
        return self._sent.get(id, "")

    def doubt(self, nonce: str) -> None:
        """It may have been sent before: whatever Discord answers has to be looked at."""
        self._doubtful[nonce] = None
        if len(self._doubtful) > _KEPT:
            self._doubtful.popitem(last=False)

    def is_doubtful(self, nonce: str) -> bool:
        """Whether it may have been sent before."""
        return nonce in self._doubtful
