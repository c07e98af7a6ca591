"""Tells where turns run, so that whoever shows a conversation to somebody knows when there is nothing more to come."""

import asyncio
from collections.abc import Callable

from gateway.model import ConversationRef


class ConversationActivity:
    """Knows in which conversations something is left to do. Implements ``gateway.adapter.Activity``.

    It is made before the dispatcher, because adapters are given it, and told by the dispatcher how to look.
    """

    def __init__(self) -> None:
        self._is_busy: Callable[[str], bool] = lambda _: False
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}
        """Who waits for the rest of which conversation, by conversation key."""

    def ask(self, is_busy: Callable[[str], bool]) -> None:
        """Set how to find out whether something is left to do in the conversation of a key."""
        self._is_busy = is_busy

    def changed(self, conversation: str) -> None:
        """Note that less may be left to do in the conversation of this key."""
        waiting = self._waiting.get(conversation)
        if waiting and not self._is_busy(conversation):
            for waiter in self._waiting.pop(conversation):
                if not waiter.done():
                    waiter.set_result(None)

    def close(self) -> None:
        """Let nobody wait any longer, because the gateway ends."""
        self._is_busy = lambda _: False
        for conversation in list(self._waiting):
            self.changed(conversation)

    async def until_rest(self, conversation: ConversationRef) -> None:
        while self._is_busy(conversation.key):
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(conversation.key, set()).add(waiter)
            try:
                await waiter
            finally:
                if waiters := self._waiting.get(conversation.key):
                    waiters.discard(waiter)
                    if not waiters:
                        del self._waiting[conversation.key]
