"""The parts of one message as they stand on the platform, and how they come to stand otherwise."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from gateway.egress.client import SKEW, Lookup, PlatformClient
from gateway.egress.retry import Doubt
from gateway.errors import Gone, Unavailable
from gateway.model import ConversationRef, FromUrl, Outgoing, Receipt

OnReceipts = Callable[[tuple[Receipt, ...]], None]


class Part:
    """One platform message."""

    __slots__ = ("receipt", "shown")

    def __init__(self, receipt: Receipt, shown: Outgoing | None = None) -> None:
        self.receipt = receipt
        self.shown = shown
        """What it is known to show."""


class PostedMessage:
    """What stands. The receipts are reported whenever they change, so that a crash loses none of them."""

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
        """Of all parts, in order."""
        return tuple([part.receipt for part in self.parts])

    def report(self) -> None:
        """Hand the receipts to whoever keeps them."""
        if self._on_receipts is not None:
            self._on_receipts(self.receipts)

    async def make(self, wanted: Callable[[], Sequence[Outgoing]], *, final: bool) -> None:
        """Edit, send and (when ``final``) delete until exactly the wanted parts stand.

        ``wanted`` is asked again before every call, so that one which had to wait brings what is new by then.
        """
        if self.parts:
            await self._mend(wanted)
        while len(self.parts) < len(now := wanted()):
            part = await self._send(now[len(self.parts)])
            # Another is to follow: it must not stand before the ones ahead of it are right.
            if part.shown is None or len(self.parts) < len(wanted()):
                await self._mend(wanted)
        if final and len(self.parts) > len(wanted()):
            await self._cut(len(wanted()))

    async def _mend(self, wanted: Callable[[], Sequence[Outgoing]]) -> None:
        """Edit what stands otherwise than wanted; give up what is gone, with what is behind it."""
        at = 0
        while at < min(len(self.parts), len(wanted())):
            if self.parts[at].shown != wanted()[at] and not await self._edit(at, wanted):
                await self._abandon(at)
                return
            at += 1

    async def post(self, method: str, message: Outgoing, do: Callable[[str], Awaitable[Receipt | None]]) -> Part | None:
        """Post the next part by ``do(key)``, once; None if that is what ``do`` returned."""
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
            # It may have been done: whoever tries again has to look first.
            self.lookup = self.lookup or Lookup(since=began - SKEW)
            raise
        if posted is None:
            return None
        part = Part(posted.receipt, posted.shown)
        self.parts.append(part)
        self.report()
        return part

    def part_key(self, index: int) -> str:
        """What a part is sent under."""
        key = f"{self._key}.{index}"
        # Sent anew it is another message: the platform must not take it for the one that is gone.
        return f"{key}.{self._anew}" if self._anew else key

    def update(self, part: Part, receipt: Receipt) -> None:
        """The platform returned a receipt for a part that stands."""
        if receipt is not part.receipt and receipt != part.receipt:
            part.receipt = receipt
            self.report()

    async def _send(self, message: Outgoing) -> Part:
        if message.keeps_files:  # what it kept went with the message that is gone
            linked = tuple(file for file in message.files if isinstance(file.source, FromUrl))
            message = replace(message, files=linked, keeps_files=False)
        part = await self.post("send", message, lambda key: self.client.adapter.send(self.to, message, key=key))
        assert part is not None
        return part

    async def _edit(self, at: int, wanted: Callable[[], Sequence[Outgoing]]) -> bool:
        """False when the message is gone."""
        part = self.parts[at]

        async def attempt() -> Receipt:
            now = wanted()
            message = now[at] if at < len(now) else part.shown
            if message is None or message == part.shown:
                return part.receipt
            part.shown = None  # not known, until the platform has said that it was done
            receipt = await self.client.adapter.edit(part.receipt, message)
            part.shown = message
            return receipt

        try:
            receipt = await self.client.call("edit", self.to, attempt)
        except Gone:
            return False
        self.update(part, receipt)
        return True

    async def _abandon(self, at: int) -> None:
        """A part is gone and has to be sent anew; so have those behind it, or they would stand in front of it."""
        behind = self.parts[at + 1 :]
        del self.parts[at:]
        self._anew += 1
        for part in behind:
            await self._delete(part.receipt)

    async def _cut(self, size: int) -> None:
        while len(self.parts) > size:
            await self._delete(self.parts[-1].receipt)
            self.parts.pop()
        self.report()

    async def _delete(self, receipt: Receipt) -> None:
        await self.client.call("delete", self.to, lambda: self.client.adapter.delete(receipt))
