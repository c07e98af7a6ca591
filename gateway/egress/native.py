"""A platform's own streams: text is appended, never taken back; what cannot be appended is edited afterwards."""

from collections.abc import Callable, Sequence

from gateway.adapter import SupportsStreaming
from gateway.egress.posted import Part, PostedMessage
from gateway.errors import Gone, StreamExpired, StreamStopped, Unavailable
from gateway.model import Outgoing, Receipt, TaskUpdate, UserRef


class NativeStream:
    """The stream that is open in the last part of a standing message."""

    def __init__(
        self, posted: PostedMessage, adapter: SupportsStreaming, recipient: UserRef | None, author: str | None
    ) -> None:
        self.open = False
        """Whether text can be appended to the last part."""
        self.stopped = False
        """Whether the user stopped it: what it shows is final."""
        self._standing = posted
        self._adapter = adapter
        self._recipient = recipient
        self._author = author
        self._tried = ""
        """The last text given to the stream, whether or not it got there."""

    @property
    def _part(self) -> Part:
        return self._standing.parts[-1]

    @property
    def shown(self) -> str:
        """The text that was appended to the last part so far."""
        return "" if self._part.shown is None else self._part.shown.text

    async def begin(self, text: str) -> bool:
        """Start a stream with ``text`` as the next part; False where that is not possible."""
        posted = self._standing
        message = Outgoing(text=text)
        async with posted.client.locks.hold(posted.to.key):
            part = await posted.post("start_stream", message, lambda key: self._start(text, key))
        # The stream of one that an earlier run left ended with it; its message can be edited.
        self.open = part is not None and part.shown is not None
        return self.open

    async def _start(self, text: str, key: str) -> Receipt | None:
        to = self._standing.to
        return await self._adapter.start_stream(to, text, key=key, recipient=self._recipient, author=self._author)

    async def extend(self, wanted: Callable[[], str], tasks: Sequence[TaskUpdate]) -> None:
        """Append what ``wanted()``, which starts with what is shown, has more. Afterwards the stream may be closed."""
        part, shown = self._part, self.shown

        async def attempt() -> Receipt | None:
            text = self._tried = wanted()
            try:
                receipt = await self._adapter.append_stream(
                    part.receipt, delta=text[len(shown) :], text=text, tasks=tasks
                )
            except (StreamExpired, Gone):
                self.open = False
                return None
            except StreamStopped:
                self.open, self.stopped = False, True
                return None
            except Unavailable:
                # It may have been appended. Appending again could double it; an edit cannot.
                part.shown = None
                return None
            part.shown = Outgoing(text=text)
            return receipt

        posted = self._standing
        receipt = await posted.client.call("append_stream", posted.to, attempt)
        if receipt is not None:
            if receipt.id == part.receipt.id:
                part.receipt = receipt  # a sequence number or the like, of no use after a crash
            else:
                posted.update(part, receipt)
        elif self.open:
            await self.stop(None)

    async def stop(self, message: Outgoing | None) -> None:
        """Finish the stream as ``message``, which starts with what is shown (or is that without its trailing white
        space); with None, as it is. Whether it then shows the message is known from its part."""
        posted, part = self._standing, self._part
        sure = part.shown is not None
        last = message or part.shown or Outgoing(text=self._tried)
        delta = last.text[len(self.shown) :] if sure else ""
        key = posted.part_key(len(posted.parts) - 1)

        async def attempt() -> Receipt | None:
            try:
                return await self._adapter.stop_stream(part.receipt, last, delta=delta, key=key)
            except (StreamExpired, Gone):
                return None
            except StreamStopped:
                self.stopped = True
                return None

        receipt = await posted.client.call("stop_stream", posted.to, attempt)
        self.open = False
        if receipt is not None:
            part.shown = last if sure else None
            posted.update(part, receipt)
