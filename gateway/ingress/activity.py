"""Tells where turns run, so that whoever shows a conversation to somebody knows when there is nothing more to come."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from gateway.model import ConversationRef


class RunningConversations(Protocol):
    """The conversations, by their keys, that have work in the memory of this replica."""

    def __contains__(self, key: str, /) -> bool:
        """Whether the conversation has any."""
        ...

    def is_busy(self, key: str) -> bool:
        """Whether something happens in the conversation before the next answer of a person."""
        ...

    def any_busy(self) -> bool:
        """Whether something happens in any conversation before the next answer of a person."""
        ...

    def waiting(self) -> int | None:
        """Return how many turns only wait for an answer; None while any does more than that."""
        ...

    def holds(self, key: str, delivery: str) -> bool:
        """Whether the delivery with this key waits or runs in the conversation, or waits for an answer there."""
        ...


class ConversationActivity:
    """Knows in which conversations something is left to do on this replica. Implements ``gateway.adapter.Activity``.

    It is made before the dispatcher, because adapters are given it, and told by the dispatcher where to look.
    """

    def __init__(self) -> None:
        self.running: RunningConversations | None = None
        """What is in memory; None before the dispatcher is made, and when the gateway ends."""
        self.closed = False
        """Whether the gateway ends."""
        self.on_change: Callable[[str], object] = lambda _: None
        """Called with the key of each conversation in which less may be left to do."""
        self._watching: set[asyncio.Future[None]] = set()
        """Who waits for the rest of all conversations."""
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}
        """Who waits for the rest of which conversation, by conversation key."""

    def changed(self, conversation: str) -> None:
        """Note that less may be left to do in the conversation of this key."""
        if self._watching and self.at_rest:
            for watcher in self._watching:
                if not watcher.done():
                    watcher.set_result(None)
            self._watching.clear()
        waiting = self._waiting.get(conversation)
        if waiting and not self.is_busy(conversation):
            for waiter in self._waiting.pop(conversation):
                if not waiter.done():
                    waiter.set_result(None)
        self.on_change(conversation)

    @property
    def at_rest(self) -> bool:
        """Whether nothing is left to do in any conversation before the next thing a person does."""
        return self.running is None or not (self.running.any_busy() or self.running.waiting() is None)

    @property
    def waiting(self) -> int | None:
        """How many turns only wait for an answer; None while any does more than that."""
        return 0 if self.running is None else self.running.waiting()

    async def until_all_rest(self) -> None:
        """Wait until nothing is left to do in any conversation before the next thing a person does."""
        while not self.at_rest:
            watcher = asyncio.get_running_loop().create_future()
            self._watching.add(watcher)
            try:
                await watcher
            finally:
                self._watching.discard(watcher)

    def close(self) -> None:
        """Let nobody wait any longer, because the gateway ends."""
        self.running, self.closed = None, True
        for conversation in list(self._waiting):
            self.changed(conversation)

    def is_busy(self, conversation: str) -> bool:
        """Whether something is left to do in the conversation of this key."""
        return self.running is not None and self.running.is_busy(conversation)

    async def until_rest(self, conversation: ConversationRef) -> None:
        while self.is_busy(conversation.key):
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(conversation.key, set()).add(waiter)
            try:
                await waiter
            finally:
                if waiters := self._waiting.get(conversation.key):
                    waiters.discard(waiter)
                    if not waiters:
                        del self._waiting[conversation.key]
