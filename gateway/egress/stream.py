"""A message that grows while it is written: native where the platform streams, posted and edited elsewhere.

Theory. Writing only buffers. A flusher brings the platform up to date, one call at a time and no faster than the
platform likes, always with all the text there is by then: so a slow or limited platform gets fewer calls, never a
queue of them. The flusher is a task that lives while there is something to show, and one interval longer; a stream
nobody writes to has none.
``close`` stops it and puts the whole message as it shall stand: what went wrong on the way is right afterwards.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from gateway.adapter import SupportsStreaming
from gateway.egress.degrade import degraded
from gateway.egress.form import Form
from gateway.egress.native import NativeStream
from gateway.egress.offload import SMALL, offloaded
from gateway.egress.outgoing import layout, prepared
from gateway.egress.posted import Part, PostedMessage
from gateway.errors import PlatformError, RefusedForm
from gateway.markdown.open_markup import close_open_markup
from gateway.markdown.split import Splitter
from gateway.model import Outgoing, Receipt, TaskUpdate, UserRef


class MessageStream:
    """One message. Not for concurrent use."""

    def __init__(
        self,
        posted: PostedMessage,
        *,
        recipient: UserRef | None,
        author: str | None = None,
        on_stopped: Callable[[], object] | None = None,
    ) -> None:
        self._standing = posted
        self._author = author
        self._on_stopped = on_stopped
        self._client = posted.client
        self._limits = posted.client.capabilities
        self._recipient = recipient
        self._inherited = len(posted.parts)
        """How many parts an earlier run, or an earlier stream of the same message, left standing."""
        self._splitter = self._new_splitter(self._limits.text_limit)
        self._text = ""
        self._pending: list[str] = []
        self._tasks: dict[str, TaskUpdate] = {}
        """Steps whose last state was not shown yet."""
        self._native: NativeStream | None = None
        self._decided = False
        """Whether it is known how this conversation streams."""
        self._flusher: asyncio.Task[None] | None = None
        self._dirty = False
        self._calling = False
        """Whether the flusher is at the platform, where it must not be interrupted."""
        self._whole: Outgoing | None = None
        """The message as it shall stand in the end."""
        self._final: list[Outgoing] | None = None
        """The same in parts."""
        self._form = Form(posted.to)
        self._closed = False
        self._stopped = False
        """The user stopped it: nothing more is shown, whatever is written."""
        self._streamed = ""
        """The whole text when something of it was last given to a native stream."""
        self._cached: tuple[str, list[Outgoing]] = ("", [])

    @property
    def receipts(self) -> tuple[Receipt, ...]:
        """Of what stands by now."""
        return self._standing.receipts

    @property
    def closed(self) -> bool:
        """Whether it takes no more text."""
        return self._closed

    async def write(self, delta: str) -> None:
        """Add text; the first starts the message at once. Raises what showing earlier text failed with."""
        self._check()
        if delta:
            self._pending.append(delta)
            self._wake()
            # A handler whose model blocks, or has its answer ready, awaits nothing else: the flusher runs here.
            await asyncio.sleep(0)

    async def replace(self, text: str) -> None:
        """The whole text is now this. Raises as ``write``."""
        self._check()
        self._pending.clear()
        self._text = text
        self._wake()

    @property
    def takes_tasks(self) -> bool:
        """Whether it is a native stream, open, of a platform that shows tasks in it."""
        native = self._native
        return self._limits.stream_tasks and native is not None and native.open and not self._closed

    def tasks(self, updates: Sequence[TaskUpdate]) -> None:
        """Show tasks in the stream, or change those that are shown, where ``takes_tasks``."""
        self._tasks.update((update.id, update) for update in updates)
        failed = self._flusher is not None and self._flusher.done() and self._flusher.exception() is not None
        if self._native is not None and not self._closed and not failed:
            self._wake()

    async def close(self, message: Outgoing) -> tuple[Receipt, ...]:
        """The message as it shall stand, whole. Waits out rate limits within the policy's deadline. After ``TooLarge``
        the stream is still open."""
        if self._closed:
            raise RuntimeError("the stream is closed")
        message = await prepared(degraded(message, self._limits), self._limits.file_size_limit)
        await self._read_ahead(message.text)
        self._closed = True
        # From here on the flusher, where it still waits for the platform, brings the final text too.
        self._whole = message
        self._plan()
        await self._stop_flusher()
        await self._read_ahead(message.text)
        # How the stream had to go may have changed how it is split.
        self._plan()
        while True:
            try:
                await self._end()
                break
            except RefusedForm as error:
                self._refuse(error)
        return self._standing.receipts

    async def _end(self) -> None:
        final = self._final
        assert final is not None
        if self._native is not None and self._native.open:
            await self._finish(self._native, final)
            self._note_stop()
        if not self._stopped:
            await self._make(final=True)

    def _plan(self) -> None:
        """Lay out the whole message, once it is known."""
        if self._whole is not None:
            message = self._form.message(self._whole)
            self._final = layout(message, self._limits, self._splitter.parts(message.text))

    def _refuse(self, error: RefusedForm) -> None:
        """Go on in a plainer form. Raises the error if there is none."""
        self._form.refuse(error, self._whole or Outgoing(text=self._text))
        self._cached = ("", [])
        self._plan()

    def cancel(self) -> None:
        """Show nothing more. What stands, stands."""
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
        while self._dirty and self._final is None:
            began = limiter.clock()
            self._dirty = False
            self._calling = True
            try:
                await self._show()
            finally:
                self._calling = False
            if self._closed:
                return  # ``close`` waits for this
            native = self._native is not None and self._native.open
            interval = self._limits.stream_interval if native else self._limits.edit_interval
            # Also after the last one: what is written next must not follow it too soon.
            await limiter.sleep(max(0.0, began + interval - limiter.clock()))

    async def _stop_flusher(self) -> None:
        flusher = self._flusher
        if flusher is None:
            return
        if not self._calling:
            flusher.cancel()
        await asyncio.wait({flusher})
        error = None if flusher.cancelled() else flusher.exception()
        # What the platform refused is tried once more by the caller, as the final state.
        if error is not None and not isinstance(error, PlatformError):
            raise error

    async def _show(self) -> None:
        """Bring the platform up to date."""
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
        """Start a native stream with the first text; None where it has to be posted and edited."""
        posted, adapter = self._standing, self._client.adapter
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
        """Split a large text beside the loop: afterwards only its end is still to be looked at."""
        before = self._splitter
        if before.unread(text) <= SMALL:
            return
        ahead = before.copy()
        await offloaded(len(text), ahead.parts, text)
        if self._splitter is before:
            self._splitter = ahead

    def _written(self) -> str:
        """Everything written so far, in the form it may have."""
        if self._pending:
            self._text = "".join([self._text, *self._pending])
            self._pending.clear()
        return self._form.text(self._text)

    def _texts(self) -> list[str]:
        """The same in parts."""
        return self._splitter.parts(self._written())

    def _wanted(self) -> list[Outgoing]:
        """The parts as they shall stand now: the last one healed until the text is whole."""
        if self._final is not None:
            return self._final
        texts = self._texts()
        if self._cached[0] is not self._text:
            if texts:
                healed = close_open_markup(texts[-1])
                texts[-1] = healed if len(healed) <= self._splitter.limit else texts[-1]
            wanted = [Outgoing(text=text, author=self._author) for text in texts if text.strip()]
            # What an earlier run left keeps its files until it is known which it shall have.
            for at in range(min(self._inherited, len(wanted))):
                wanted[at] = replace(wanted[at], keeps_files=True)
            self._cached = (self._text, wanted)
        return self._cached[1]

    async def _make(self, *, final: bool) -> None:
        posted = self._standing
        # Edits wait for nobody: only what is new has to keep its place among what else is sent.
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
        """Append what is new; go on in a new stream where a part is full. May leave the stream closed."""
        while native.open:
            texts = self._texts()
            at = len(self._standing.parts) - 1
            if at >= len(texts) or not self._text.startswith(self._streamed):
                await native.stop(None)  # replaced: from here on by edits
            elif at + 1 == len(texts):
                tasks = self._take_tasks()
                if tasks or len(texts[at]) > len(native.shown):
                    await native.extend(lambda: self._native_text(native), tasks)
                return
            else:
                await self._seal(native, [Outgoing(text=text, author=self._author) for text in texts[: at + 1]])
                if len(self._standing.parts) <= at or not await self._begin(native, texts[at + 1]):
                    return

    def _native_text(self, native: NativeStream) -> str:
        """The text of the open stream, as long as it only grew and one stream can hold it."""
        texts = self._texts()
        if len(texts) != len(self._standing.parts) or not self._text.startswith(self._streamed):
            return native.shown
        self._streamed = self._text
        return texts[-1]

    async def _seal(self, native: NativeStream, sealed: list[Outgoing]) -> None:
        """End the stream of a part that is full. What was shown of the next part already is edited out."""
        await native.stop(sealed[-1] if _grows(native.shown, sealed[-1].text) else None)
        await self._standing.make(lambda: sealed, final=False)

    def _take_tasks(self) -> tuple[TaskUpdate, ...]:
        tasks = tuple(self._tasks.values())
        self._tasks.clear()
        return tasks

    async def _finish(self, native: NativeStream, final: list[Outgoing]) -> None:
        """End the native stream, as the final text if it goes on from what is shown."""
        at = len(self._standing.parts) - 1
        sealed = all(_shows(part, each.text) for part, each in zip(self._standing.parts[:at], final, strict=False))
        goes_on = at < len(final) and sealed and _grows(native.shown, final[at].text)
        if tasks := self._take_tasks():
            text = final[at].text if goes_on and final[at].text.startswith(native.shown) else native.shown
            await native.extend(lambda: text, tasks)
        if native.open:
            await native.stop(final[at] if goes_on else None)


def _shows(part: Part, text: str) -> bool:
    return part.shown is not None and part.shown.text == text


def _grows(shown: str, text: str) -> bool:
    """Whether ``text`` goes on from ``shown``, or only lacks its trailing white space."""
    return text.startswith(shown) or (shown.startswith(text) and not shown[len(text) :].strip())
