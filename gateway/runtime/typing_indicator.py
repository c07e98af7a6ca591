"""The typing indicator (or status line), shown while a turn takes longer than a moment."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from gateway.egress import Sender
from gateway.model import ConversationRef

SHOW_AFTER = 0.3
"""Seconds of work after which the indicator is shown. Most answers are quicker, which saves two calls per turn."""

TEXT = "is thinking…"
"""The status line, on platforms that show a text."""

_RENEW_AFTER = 1.0
"""Seconds between two texts: what changes faster nobody reads."""


class TypingIndicator:
    """Shows the typing indicator after ``SHOW_AFTER`` seconds, refreshes it, and takes it away."""

    __slots__ = ("_left_on", "_news", "_ref", "_sender", "_shown", "_spawn", "_text", "_timer")

    def __init__(
        self,
        sender: Sender,
        ref: ConversationRef,
        spawn: Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any]],
        *,
        left_on: bool = False,
    ) -> None:
        """``left_on``: an earlier run of the turn may have died while it showed the indicator."""
        self._left_on = left_on
        self._sender = sender
        self._ref = ref
        self._spawn = spawn
        self._timer: asyncio.TimerHandle | None = None
        self._shown: asyncio.Task[None] | None = None
        self._text = TEXT
        self._news: asyncio.Event | None = None
        """Set when the text changes while the sign is shown."""

    def say(self, text: str | None) -> None:
        """Say what the bot is doing, where the platform shows a text; None for no more than that it works."""
        text = text or TEXT
        if text != self._text and self._sender.capabilities(self._ref).status_text:
            self._text = text
            if self._news is not None:
                self._news.set()

    def resume(self) -> None:
        """Note that work begins or goes on: the indicator is shown after ``SHOW_AFTER`` seconds."""
        if self._timer is None and self._shown is None:
            self._timer = asyncio.get_running_loop().call_later(SHOW_AFTER, self._show)

    def pause(self) -> None:
        """Take the indicator away, because work ended or waits for the user."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._shown is not None or self._left_on:
            shown, self._shown = self._shown, None
            if shown is not None:
                shown.cancel()
            self._left_on = False
            self._spawn(self._sender.status(self._ref, None))

    def _show(self) -> None:
        self._timer = None
        self._shown = self._spawn(self._keep_showing())

    async def _keep_showing(self) -> None:
        interval = self._sender.capabilities(self._ref).status_interval
        self._news = asyncio.Event()
        while True:
            self._news.clear()
            await self._sender.status(self._ref, self._text)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(interval):
                    await self._news.wait()
                await asyncio.sleep(_RENEW_AFTER)
