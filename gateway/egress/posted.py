"""One message of the bot on the platform, in one or more parts: posts, edits and deletes parts until they are as
wanted."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from gateway.egress.client import SKEW, Lookup, PlatformClient
from gateway.egress.retry import Doubt
from gateway.errors import Gone, Unavailable
from gateway.model import ConversationRef, FromUrl, Outgoing, Receipt

OnReceipts = Callable[[tuple[Receipt, ...]], None]


class Part:
    """One platform message, of which a long message of the bot needs several."""

    __slots__ = ("receipt", "shown")

    def __init__(self, receipt: Receipt, shown: Outgoing | None = None) -> None:
        self.receipt = receipt
        self.shown = shown
        """What the platform message is known to show; None when that is not known."""


class PostedMessage:
    """A message on the platform, with a receipt for each of its parts. The receipts are reported whenever they change,
    so that a crash loses none of them."""

    __slots__ = ("_anew", "_doubt", "_key", "_on_receipts", "client", "lookup", "parts", "to")

    def __init__(
        self,
        client: PlatformClient,
        to: ConversationRef,
        *,
        key: str,
        existing: Sequence[Receipt] = (),
        lookup: Lookup | None = None,
        on_receipts: OnReceipts | None = None,
        doubt: Doubt | None = None,
    ) -> None:
        self.client = client
        self.to = to
        self.parts = [Part(receipt) for receipt in existing]
        self.lookup = lookup
        self._key = key
        self._on_receipts = on_receipts
        self._doubt = doubt or Doubt()
        self._anew = 0

    @property
    def receipts(self) -> tuple[Receipt, ...]:
        """The receipts of all parts, in order."""
        return tuple([part.receipt for part in self.parts])

    def report(self) -> None:
        """Pass the receipts to ``on_receipts``."""
        if self._on_receipts is not None:
            self._on_receipts(self.receipts)

    async def make(self, wanted: Callable[[], Sequence[Outgoing]], *, final: bool) -> None:
        """Edit and send parts, and when ``final`` delete surplus ones, until the platform shows what ``wanted``
        returns.

        ``wanted`` is called again before every call of the platform, so that a call which had to wait sends the newest
        content.
        """
        if self.parts:
            await self._edit_parts(wanted)
        while len(self.parts) < len(now := wanted()):
            part = await self._send(now[len(self.parts)])
            # The parts before the next one have to be right before the next one is posted.
            if part.shown is None or len(self.parts) < len(wanted()):
                await self._edit_parts(wanted)
        if final and len(self.parts) > len(wanted()):
            await self._delete_surplus(len(wanted()))

    async def _edit_parts(self, wanted: Callable[[], Sequence[Outgoing]]) -> None:
        """Edit the parts that differ from the wanted ones. If a part is gone, give up that part and those behind it."""
        at = 0
        while at < min(len(self.parts), len(wanted())):
            if self.parts[at].shown != wanted()[at] and not await self._edit(at, wanted):
                await self._give_up_from(at)
                return
            at += 1

    async def post(self, method: str, message: Outgoing, do: Callable[[str], Awaitable[Receipt | None]]) -> Part | None:
        """Post the next part by ``do(key)``, at most once, and return it; None if ``do`` returned None."""
        key = self.part_key(len(self.parts))
        began = time.time()
        try:
            posted = await self.client.post_once(
                method,
                self.to,
                message,
                lambda: do(key),
                key=key,
                lookup=self.lookup,
                claimed=[part.receipt.id for part in self.parts],
                doubt=self._doubt,
            )
        except Unavailable:
            # The platform may have posted it: the next try has to search for it first.
            self.lookup = self.lookup or Lookup(since=began - SKEW)
            raise
        if posted is None:
            return None
        part = Part(posted.receipt, posted.shown)
        self.parts.append(part)
        self.report()
        return part

    def part_key(self, index: int) -> str:
        """Return the idempotency key under which the part with this index is sent."""
        key = f"{self._key}.{index}"
        # A part sent anew needs a new key: the platform must not take it for the one that is gone.
        return f"{key}.{self._anew}" if self._anew else key

    def update(self, part: Part, receipt: Receipt) -> None:
        """Note the receipt that the platform returned for a posted part, and report it if it changed."""
        if receipt is not part.receipt and receipt != part.receipt:
            part.receipt = receipt
            self.report()

    async def _send(self, message: Outgoing) -> Part:
        if message.keeps_files:  # the files it was to keep are gone with the old message
            linked = tuple(file for file in message.files if isinstance(file.source, FromUrl))
            message = replace(message, files=linked, keeps_files=False)
        part = await self.post("send", message, lambda key: self.client.adapter.send(self.to, message, key=key))
        assert part is not None
        return part

    async def _edit(self, at: int, wanted: Callable[[], Sequence[Outgoing]]) -> bool:
        """Edit the part with this index, and return False when the message is gone."""
        part = self.parts[at]

        async def attempt() -> Receipt:
            now = wanted()
            message = now[at] if at < len(now) else part.shown
            if message is None or message == part.shown:
                return part.receipt
            part.shown = None  # unknown until the platform has confirmed the edit
            receipt = await self.client.adapter.edit(part.receipt, message)
            part.shown = message
            return receipt

        try:
            receipt = await self.client.call("edit", self.to, attempt)
        except Gone:
            return False
        self.update(part, receipt)
        return True

    async def _give_up_from(self, at: int) -> None:
        """Give up a part that is gone, and delete those behind it: all are sent anew, because order matters."""
        behind = self.parts[at + 1 :]
        del self.parts[at:]
        self._anew += 1
        for part in behind:
            await self._delete(part.receipt)

    async def _delete_surplus(self, size: int) -> None:
        while len(self.parts) > size:
            await self._delete(self.parts[-1].receipt)
            self.parts.pop()
        self.report()

    async def _delete(self, receipt: Receipt) -> None:
        await self.client.call("delete", self.to, lambda: self.client.adapter.delete(receipt))
