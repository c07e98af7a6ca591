"""A message that changes often (a list of steps, a list of tasks): shown as often as the platform likes, its last state
always."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from gateway.model import Outgoing
from gateway.runtime.context import current_turn
from gateway.runtime.posting import Posting

if TYPE_CHECKING:
    from gateway.runtime.turn import Turn

log = structlog.get_logger(__name__)

SHOW_AFTER = 0.3
"""Seconds from the first change to the first post: what is over before that is posted once and never edited."""
_SLOWER = 20
"""Number of edits after which the time between two edits has doubled, and so on: what goes on for long changes less."""


class LiveMessage:
    """One message that follows what ``render`` returns.

    ``changed`` only notes a change. A flusher shows it: after a moment, then no faster than the platform's
    ``edit_interval``, always with all there is by then. ``finish`` shows the last state. An optional message is one the
    turn goes on without: what the platform refuses of it is logged and not raised.
    """

    __slots__ = (
        "_dirty",
        "_edits",
        "_failure",
        "_finishing",
        "_flusher",
        "_lock",
        "_optional",
        "_posting",
        "_render",
        "_shown",
        "_shown_at",
        "_turn",
    )

    def __init__(self, turn: Turn, render: Callable[[], Outgoing], *, name: str = "", optional: bool = False) -> None:
        self._turn = turn
        # Numbered now and not when it is shown, which depends on time.
        self._posting = Posting(turn, turn.journal.begin("message", name))
        self._render = render
        self._optional = optional
        self._lock = asyncio.Lock()
        self._dirty = False
        self._finishing = False
        self._flusher: asyncio.Task[None] | None = None
        self._failure: Exception | None = None
        self._shown: Outgoing | None = None
        self._shown_at: float | None = None
        self._edits = 0

    @property
    def conversation(self) -> str:
        """The conversation (``ConversationRef.key``) the message is in."""
        return self._turn.ref.key

    def changed(self, *, soon: bool = True) -> None:
        """Note that it reads otherwise now; with ``soon`` it is shown by itself, else by ``show`` or ``finish``. Raises
        nothing, so that it can be called while an error is on its way."""
        self._dirty = True
        running = current_turn.get() or self._turn
        running.live.add(self)
        idle = self._flusher is None or self._flusher.done()
        if soon and idle and not running.stopping and not running.over:
            self._flusher = asyncio.get_running_loop().create_task(self._flush())

    def check(self) -> None:
        """Raise what an earlier change could not be shown for, once."""
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    async def show(self) -> None:
        """Bring the platform up to date now."""
        async with self._lock:
            if not self._dirty:
                return
            self._dirty = False
            try:
                message = self._render()
                if message != self._shown:
                    await self._posting.show(message)
                    self._edits += 1
                self._shown = message
            except BaseException:
                self._dirty = True
                raise
            finally:
                self._shown_at = asyncio.get_running_loop().time()

    async def catch_up(self) -> None:
        """Show it before another message is posted: the first time in any case, later when its time has come."""
        if self._dirty and (self._shown_at is None or not self._wait()):
            await self._show_leniently()

    async def finish(self) -> None:
        """Show the last state. A later ``changed`` begins again."""
        await self._stop_flusher()
        await self._show_leniently()

    async def remove(self) -> None:
        """Take it off the platform. When it changes again it is posted anew."""
        await self._stop_flusher()
        async with self._lock:
            self._dirty = False
            self._shown = self._shown_at = None
            if self._posting.receipts:
                await self._posting.remove()

    def cancel(self) -> None:
        """Show nothing more by itself."""
        if self._flusher is not None:
            self._flusher.cancel()

    async def _show_leniently(self) -> None:
        try:
            await self.show()
            self._failure = None
        except Exception as error:
            if not self._optional:
                raise
            log.warning("message.not_up_to_date", conversation=self._turn.ref.key, error=str(error))

    async def _stop_flusher(self) -> None:
        flusher = self._flusher
        if flusher is None or flusher.done():
            return
        self._finishing = True
        try:
            if not self._lock.locked():
                flusher.cancel()
            await asyncio.wait({flusher})
        finally:
            self._finishing = False

    def _wait(self) -> float:
        """Return the seconds until it may be shown again."""
        if self._shown_at is None:
            return SHOW_AFTER
        interval = self._turn.sender.capabilities(self._turn.ref).edit_interval * (1 + self._edits / _SLOWER)
        return max(0.0, self._shown_at + interval - asyncio.get_running_loop().time())

    async def _flush(self) -> None:
        try:
            while self._dirty and not self._finishing:
                await asyncio.sleep(self._wait())
                await self.show()
        except Exception as error:
            # Tried again with the next change, and at the end of the turn.
            self._failure = error
            log.warning("message.not_up_to_date", conversation=self._turn.ref.key, error=str(error))
