"""Uses a platform's own message streams, which only take more text. Any other change is an edit of the message after
the stream has ended."""

from collections.abc import Callable, Sequence

from gateway.adapter import SupportsStreaming
from gateway.egress.posted import Part, PostedMessage
from gateway.errors import Gone, StreamExpired, StreamStopped, Unavailable
from gateway.model import Outgoing, Receipt, TaskUpdate, UserRef


class NativeStream:
    """The platform's stream that is open in the last part of a posted message."""

    def __init__(
        self, posted: PostedMessage, adapter: SupportsStreaming, recipient: UserRef | None, author: str | None
    ) -> None:
        self.open = False
        """Whether text can be appended to the last part."""
        self.stopped = False
        """Whether the user stopped the stream on the platform, which makes the text shown so far final."""
        self._posted = posted
        self._adapter = adapter
        self._recipient = recipient
        self._author = author
        self._tried = ""
        """The last text given to the stream, whether or not the platform took it."""

    @property
    def _part(self) -> Part:
        return self._posted.parts[-1]

    @property
    def shown(self) -> str:
        """The text that was appended to the last part so far."""
        return "" if self._part.shown is None else self._part.shown.text

    async def begin(self, text: str) -> bool:
        """Start a stream with ``text`` as the next part, and return whether the platform could."""
        posted = self._posted
        message = Outgoing(text=text)
        async with posted.client.locks.hold(posted.to.key):
            part = await posted.post("start_stream", message, lambda key: self._start(text, key))
        # A part that an earlier run posted has no open stream any more: it can only be edited.
        self.open = part is not None and part.shown is not None
        return self.open

    async def _start(self, text: str, key: str) -> Receipt | None:
        to = self._posted.to
        return await self._adapter.start_stream(to, text, key=key, recipient=self._recipient, author=self._author)

    async def extend(self, wanted: Callable[[], str], tasks: Sequence[TaskUpdate]) -> None:
        """Append the text by which ``wanted()`` is longer than what is shown, and show ``tasks``. ``wanted()`` must
        start with what is shown. The stream may have ended afterwards: see ``open``."""
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
                # The platform may have appended the text: appending it again could double it, an edit cannot.
                part.shown = None
                return None
            part.shown = Outgoing(text=text)
            return receipt

        posted = self._posted
        receipt = await posted.client.call("append_stream", posted.to, attempt)
        if receipt is not None:
            if receipt.id == part.receipt.id:
                part.receipt = receipt  # only data such as a sequence number changed, which is of no use after a crash
            else:
                posted.update(part, receipt)
        elif self.open:
            await self.stop(None)

    async def stop(self, message: Outgoing | None) -> None:
        """End the stream with ``message``, whose text starts with what is shown or lacks only the white space at its
        end; with None, the stream ends as it is. The last part's ``shown`` then says what the platform is known to
        show."""
        posted, part = self._posted, self._part
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
