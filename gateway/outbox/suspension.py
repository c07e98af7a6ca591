"""Keeps deliveries from going on about people who are just being erased."""

from collections.abc import AsyncGenerator, Collection, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from gateway.outbox.deliverer import Deliverer
from gateway.runtime.erasure import RunningGateway


class WithDeliveries:
    """A running gateway with its deliveries, of which an erasure suspends both; a ``RunningGateway``.

    Args:
        running: The gateway without its deliveries.
        deliverer: Its deliveries.
    """

    def __init__(self, running: RunningGateway, deliverer: Deliverer) -> None:
        self._running = running
        self._deliverer = deliverer

    def conversations(self, person: str) -> Collection[str]:
        """Return the conversations in memory that a person takes part in."""
        return self._running.conversations(person)

    def alone(self) -> AbstractAsyncContextManager[None]:
        """Let nobody else be erased during the block."""
        return self._running.alone()

    @asynccontextmanager
    async def suspended(self, conversations: Collection[str]) -> AsyncGenerator[None]:
        """Let no turn run in these conversations during the block, and nothing of them be delivered."""
        async with self._running.suspended(conversations), self._deliverer.suspended(conversations):
            yield

    def forget(self, person: str, conversations: Iterable[str]) -> None:
        """Forget what is in memory of the person and of these conversations."""
        self._running.forget(person, conversations)
        self._deliverer.forget(person)
