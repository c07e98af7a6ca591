"""A message that grows while it is written: by the platform's own streams where it has them, else by edits.

Theory. Writing only fills a buffer. A task, the flusher, sends the buffered text to the platform, one call at a time
and no more often than the platform's interval, each time with all the text written by then. So a slow or rate-limited
platform gets fewer calls, never a queue of them. The flusher lives while there is text to show, and one interval
longer; a stream to which nothing is written has none.
``close`` stops the flusher and edits the message to its final content, which also corrects whatever failed before.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from gateway.adapter import SupportsStreaming
from gateway.egress.degrade import degraded
from gateway.egress.form import MessageForm
from gateway.egress.native import NativeStream
from gateway.egress.offload import SMALL, offloaded
from gateway.egress.outgoing import layout, prepared
from gateway.egress.posted import Part, PostedMessage
from gateway.errors import PlatformError, RefusedForm
from gateway.markdown.open_markup import close_open_markup
from gateway.markdown.split import Splitter
from gateway.model import Outgoing, Receipt, TaskUpdate, UserRef
from gateway.telemetry.context import current_delivery
from gateway.telemetry.observer import StreamChanged


class MessageStream:
    """One message to which text is added. Only one task may use it."""

    def __init__(
        self,
        posted: PostedMessage,
        *,
        recipient: UserRef | None,
        author: str | None = None,
        on_stopped: Callable[[], object] | None = None,
    ) -> None:
        self._posted = posted
        self._author = author
        self._on_stopped = on_stopped
        self._client = posted.client
        self._limits = posted.client.capabilities
        self._recipient = recipient
        self._inherited = len(posted.parts)
        """How many parts of the message were posted by an earlier run, or by an earlier stream of the same message."""
        self._splitter = self._new_splitter(self._limits.text_limit)
        self._text = ""
        self._pending: list[str] = []
        self._tasks: dict[str, TaskUpdate] = {}
        """Tasks whose newest state is not shown yet, by id."""
        self._tasked = False
        """Whether a native stream was given tasks."""
        self._tasks_shown = False
        """Whether the native stream ended as the final message, with its tasks."""
        self._native: NativeStream | None = None
        self._decided = False
        """Whether it is decided if this message is streamed natively or by edits."""
        self._flusher: asyncio.Task[None] | None = None
        self._dirty = False
        self._calling = False
        """Whether the flusher is calling the platform, in which it must not be interrupted."""
        self._final_message: Outgoing | None = None
        """The final message, once ``close`` was called with it."""
        self._final_parts: list[Outgoing] | None = None
        """The parts of the final message, once ``close`` was called with it."""
        self._form = MessageForm(posted.to)
        self._closed = False
        self._stopped = False
        """Whether the user stopped the stream on the platform: nothing that is written afterwards is shown."""
        self._shown = False
        """Whether the platform shows something of the stream."""
        self._streamed = ""
        """The complete text at the time when some of it was last given to a native stream."""
        self._cached: tuple[str, list[Outgoing]] = ("", [])
        """The parts to show before the stream is closed, with the text they were made of."""

    @property
    def receipts(self) -> tuple[Receipt, ...]:
        """Receipts of the parts posted so far."""
        return self._posted.receipts

    @property
    def closed(self) -> bool:
        """Whether the stream takes no more text."""
        return self._closed

    async def write(self, delta: str) -> None:
        """Add text. The first text is posted at once. Raises the error with which showing earlier text failed."""
        self._check()
        if delta:
            self._pending.append(delta)
            self._wake()
            # A handler whose model blocks, or has its answer ready, awaits nothing else: the flusher runs here.
            await asyncio.sleep(0)

    async def replace(self, text: str) -> None:
        """Replace the complete text written so far. Raises the error with which showing earlier text failed."""
        self._check()
        self._pending.clear()
        self._text = text
        self._wake()

    @property
    def takes_tasks(self) -> bool:
        """Whether the message is in an open native stream, on a platform that shows tasks in streams."""
        native = self._native
        return self._limits.stream_tasks and native is not None and native.open and not self._closed

    @property
    def tasks_lost(self) -> bool:
        """Whether tasks were given to a native stream that could not go on as one: an edit shows none of them."""
        native = self._native
        over = native is not None and not native.open
        return self._tasked and over and not self._tasks_shown and not self._stopped

    def tasks(self, updates: Sequence[TaskUpdate]) -> None:
        """Show tasks in the stream, or change those that are shown, where ``takes_tasks``."""
        for update in updates:
            waiting = self._tasks.get(update.id)
            if waiting is not None and not update.details:
                update = replace(update, details=waiting.details)
            self._tasks[update.id] = update
        failed = self._flusher is not None and self._flusher.done() and self._flusher.exception() is not None
        if self._native is not None and not self._closed and not failed:
            self._wake()

    async def close(self, message: Outgoing) -> tuple[Receipt, ...]:
        """End the stream with the final, complete message, and return the receipts of its parts. Waits out rate limits
        within the deadline of ``RetryPolicy``. After ``TooLarge`` the stream is still open."""
        if self._closed:
            raise RuntimeError("the stream is closed")
        message = await prepared(degraded(message, self._limits), self._limits.file_size_limit)
        await self._read_ahead(message.text)
        self._closed = True
        # From here on the flusher, if it still waits for the platform, sends the final text.
        self._final_message = message
        self._plan()
        await self._stop_flusher()
        await self._read_ahead(message.text)
        # A native stream may have changed how the text is split.
        self._plan()
        while True:
            try:
                await self._end()
                break
            except RefusedForm as error:
                self._refuse(error)
        if self._shown:
            self._tell("ended")
        return self._posted.receipts

    async def _end(self) -> None:
        final = self._final_parts
        assert final is not None
        if self._native is not None and self._native.open:
            await self._finish(self._native, final)
            self._note_stop()
        if not self._stopped:
            await self._make(final=True)

    def _plan(self) -> None:
        """Divide the final message into parts, once it is known."""
        if self._final_message is not None:
            message = self._form.message(self._final_message)
            self._final_parts = layout(message, self._limits, self._splitter.parts(message.text))

    def _refuse(self, error: RefusedForm) -> None:
        """Make the message plainer after the platform refused its form. Raises the error when it is text alone
        already."""
        self._form.refuse(error, self._final_message or Outgoing(text=self._text))
        self._cached = ("", [])
        self._plan()

    def cancel(self) -> None:
        """Send nothing more, and leave the message on the platform as it is."""
        self._closed = True
        if self._flusher is not None:
            self._flusher.cancel()

    # The flusher

    def _check(self) -> None:
        if self._closed:
            raise RuntimeError("the stream is closed")
        if self._flusher is not None and self._flusher.done():
            self._flusher.result()

    def _wake(self) -> None:
        if self._stopped:
            return
        self._dirty = True
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.get_running_loop().create_task(self._flush())

    async def _flush(self) -> None:
        limiter = self._client.limiter
        while self._dirty and self._final_parts is None:
            began = limiter.clock()
            self._dirty = False
            self._calling = True
            try:
                await self._show()
            finally:
                self._calling = False
            if self._closed:
                return  # ``close`` waits for the flusher to end
            native = self._native is not None and self._native.open
            interval = self._limits.stream_interval if native else self._limits.edit_interval
            # Also after the last call: the next text must not follow it too soon.
            await limiter.sleep(max(0.0, began + interval - limiter.clock()))

    async def _stop_flusher(self) -> None:
        flusher = self._flusher
        if flusher is None:
            return
        if not self._calling:
            flusher.cancel()
        await asyncio.wait({flusher})
        error = None if flusher.cancelled() else flusher.exception()
        # After an error of the platform the caller sends the final message, which is a further try.
        if error is not None and not isinstance(error, PlatformError):
            raise error

    def _tell(self, change: Literal["begun", "edited", "ended"]) -> None:
        to = self._posted.to
        native = self._native is not None
        self._client.observers.streamed(StreamChanged(to.platform, to.key, current_delivery.get(), change, native))

    async def _show(self) -> None:
        """Show everything written so far, and tell observers."""
        await self._send_written()
        if self._posted.parts:
            self._tell("edited" if self._shown else "begun")
            self._shown = True

    async def _send_written(self) -> None:
        """Send everything written so far to the platform, by the native stream or by edits."""
        await self._read_ahead(self._written())
        if not self._decided:
            texts = self._texts()
            if not texts:
                return
            self._native = await self._start()
            self._decided = True
            if self._native is not None:
                self._dirty = self._dirty or len(self._texts()) > 1 or bool(self._tasks)
                return
        if self._native is not None and self._native.open:
            await self._append(self._native)
            self._note_stop()
        if not self._stopped and (self._native is None or not self._native.open):
            try:
                await self._make(final=False)
            except RefusedForm as error:
                self._refuse(error)
                self._dirty = True

    def _note_stop(self) -> None:
        if self._native is not None and self._native.stopped and not self._stopped:
            self._stopped = True
            self._dirty = False
            if self._on_stopped is not None:
                self._on_stopped()

    async def _start(self) -> NativeStream | None:
        """Start a native stream with the first text. Returns None where the message has to be posted and edited
        instead."""
        posted, adapter = self._posted, self._client.adapter
        if posted.parts or not self._limits.stream_limit or not isinstance(adapter, SupportsStreaming):
            return None
        self._splitter = self._new_splitter(min(self._limits.stream_limit, self._limits.text_limit))
        await self._read_ahead(self._written())
        native = NativeStream(posted, adapter, self._recipient, self._author)
        if await self._begin(native, self._texts()[0]):
            return native
        self._splitter = self._new_splitter(self._limits.text_limit)
        await self._read_ahead(self._written())
        return None

    # Showing

    def _new_splitter(self, limit: int) -> Splitter:
        return Splitter(limit, tables=self._limits.tables_per_message)

    async def _read_ahead(self, text: str) -> None:
        """Split a large text outside of the event loop, so that a later split only has to read the end of the text."""
        before = self._splitter
        if before.unread(text) <= SMALL:
            return
        ahead = before.copy()
        await offloaded(len(text), ahead.parts, text)
        if self._splitter is before:
            self._splitter = ahead

    def _written(self) -> str:
        """Return everything written so far, with its tables as code if the platform refused tables."""
        if self._pending:
            self._text = "".join([self._text, *self._pending])
            self._pending.clear()
        return self._form.text(self._text)

    def _texts(self) -> list[str]:
        """Return everything written so far, split at the platform's limit."""
        return self._splitter.parts(self._written())

    def _wanted(self) -> list[Outgoing]:
        """Return the parts to show now: the final ones once they are known, before that with the open markup of the
        last part closed."""
        if self._final_parts is not None:
            return self._final_parts
        texts = self._texts()
        if self._cached[0] is not self._text:
            if texts:
                closed = close_open_markup(texts[-1])
                texts[-1] = closed if len(closed) <= self._splitter.limit else texts[-1]
            wanted = [Outgoing(text=text, author=self._author) for text in texts if text.strip()]
            # Parts of an earlier run keep their files until the final files are known.
            for at in range(min(self._inherited, len(wanted))):
                wanted[at] = replace(wanted[at], keeps_files=True)
            self._cached = (self._text, wanted)
        return self._cached[1]

    async def _make(self, *, final: bool) -> None:
        posted = self._posted
        # Edits need no lock: only new parts have to keep their place among the other messages sent.
        await posted.make(lambda: self._wanted()[: len(posted.parts)], final=False)
        if len(self._wanted()) > len(posted.parts):
            async with self._client.locks.hold(posted.to.key):
                await posted.make(self._wanted, final=final)
        elif final:
            await posted.make(self._wanted, final=True)

    async def _begin(self, native: NativeStream, text: str) -> bool:
        self._streamed = self._text
        return await native.begin(text)

    async def _append(self, native: NativeStream) -> None:
        """Append the text that is new, in a new stream where a part is full. The stream may have ended afterwards."""
        while native.open:
            texts = self._texts()
            at = len(self._posted.parts) - 1
            if at >= len(texts) or not self._text.startswith(self._streamed):
                await native.stop(None)  # the text was replaced: from here on it is shown by edits
            elif at + 1 == len(texts):
                tasks = self._take_tasks()
                if tasks or len(texts[at]) > len(native.shown):
                    await native.extend(lambda: self._native_text(native), tasks)
                return
            else:
                await self._seal(native, [Outgoing(text=text, author=self._author) for text in texts[: at + 1]])
                if len(self._posted.parts) <= at or not await self._begin(native, texts[at + 1]):
                    return

    def _native_text(self, native: NativeStream) -> str:
        """Return the text to show in the open stream; what it shows already, if the new text was replaced or is too
        long."""
        texts = self._texts()
        if len(texts) != len(self._posted.parts) or not self._text.startswith(self._streamed):
            return native.shown
        self._streamed = self._text
        return texts[-1]

    async def _seal(self, native: NativeStream, sealed: list[Outgoing]) -> None:
        """End the stream of a part that is full, and edit out what it shows of the next part."""
        await native.stop(sealed[-1] if _grows(native.shown, sealed[-1].text) else None)
        await self._posted.make(lambda: sealed, final=False)

    def _take_tasks(self) -> tuple[TaskUpdate, ...]:
        tasks = tuple(self._tasks.values())
        self._tasks.clear()
        self._tasked = self._tasked or bool(tasks)
        return tasks

    async def _finish(self, native: NativeStream, final: list[Outgoing]) -> None:
        """End the native stream, with the final text if that continues what is shown."""
        at = len(self._posted.parts) - 1
        sealed = all(_shows(part, each.text) for part, each in zip(self._posted.parts[:at], final, strict=False))
        goes_on = at < len(final) and sealed and _grows(native.shown, final[at].text)
        if tasks := self._take_tasks():
            text = final[at].text if goes_on and final[at].text.startswith(native.shown) else native.shown
            await native.extend(lambda: text, tasks)
        if native.open:
            await native.stop(final[at] if goes_on else None)
            self._tasks_shown = goes_on and not native.stopped and _shows(self._posted.parts[at], final[at].text)


def _shows(part: Part, text: str) -> bool:
    return part.shown is not None and part.shown.text == text


def _grows(shown: str, text: str) -> bool:
    """Whether ``text`` continues ``shown``, or only lacks the white space at the end of it."""
    return text.startswith(shown) or (shown.startswith(text) and not shown[len(text) :].strip())
