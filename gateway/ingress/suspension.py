"""Keeps turns from running in some conversations for a while, as the end of the process does for all of them."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog

from gateway.errors import Fenced, StoreFailed
from gateway.ingress.breaking_off import break_off
from gateway.ingress.queue import ConversationQueue
from gateway.ingress.queues import ConversationQueues
from gateway.ports import Cluster, Inbox
from gateway.runtime.endings import DeliveryEndings
from gateway.runtime.erasure import FORGOTTEN, StillRunning
from gateway.runtime.history import History
from gateway.runtime.profiles import Profiles
from gateway.runtime.session import SessionPool

log = structlog.get_logger(__name__)

END_WITHIN = 10.0
"""Seconds that running turns get to end by themselves."""
LET_GO_WITHIN = 25.0
"""Seconds that other replicas get to let go of conversations: to end or break off their turns, or to be found dead."""
ASK_EVERY = 0.2
"""Seconds between two times that they are asked."""
LEFT_ALONE = 2.0
"""Seconds for which a replica that let go of a conversation does not take it again."""
WORD = 6_000
"""Bytes of the keys that one word names."""
ALONE_WITHIN = 60.0
"""Seconds that another erasure gets to end."""
ERASURE = "erasure"
"""The part that whoever erases a person has."""
YIELD = "yield"
"""The topic on which replicas ask for conversations."""


class Suspension:
    """Implements ``gateway.runtime.erasure.RunningGateway`` on the queues and caches of a running gateway.

    Deliveries of a suspended conversation are stored and acknowledged as ever. They are read back from the store when
    the suspension ends; a turn that only waited for an answer, or had to be broken off, then runs again and goes on
    with its journal, as after a restart.

    A conversation that another replica runs is asked for, and held here during the suspension, so that nobody runs it.
    """

    def __init__(
        self,
        *,
        inbox: Inbox,
        queues: ConversationQueues,
        pool: SessionPool,
        profiles: Profiles,
        history: History,
        take_due: Callable[[], Awaitable[None]],
        endings: DeliveryEndings,
        cluster: Cluster,
    ) -> None:
        """``take_due`` reads deliveries back that wait in the store; ``endings`` tells of those that were closed."""
        self._inbox = inbox
        self._queues = queues
        self._pool = pool
        self._profiles = profiles
        self._history = history
        self._take_due = take_due
        self._endings = endings
        self._cluster = cluster
        self.on_forget: list[Callable[[str | None, Collection[str]], object]] = []
        """Called with a person whose traces in memory are to go, None for nobody's, and with conversations of which
        all are to go."""
        self._erasing = asyncio.Lock()
        self._blocked: Counter[str] = Counter()
        """How many suspensions from here there are of each conversation."""
        self._yielded: set[str] = set()
        """The conversations that another replica asked for."""
        self._yielding: set[asyncio.Task[None]] = set()
        cluster.listen(YIELD, self._hear_yield)
        cluster.listen(FORGOTTEN, lambda body: self._forget_here(body["person"]))

    def conversations(self, person: str) -> Collection[str]:
        """Return the conversations in memory that a person takes part in, or has a delivery in."""
        queued = (
            queue.key
            for queue in self._queues
            for delivery in (*queue.deliveries, *((queue.current,) if queue.current else ()))
            if delivery.event.user.key == person
        )
        return {*self._pool.of(person), *queued}

    def discard(self, conversations: Iterable[str]) -> None:
        """Forget the sessions of these conversations."""
        gone = list(conversations)
        self._pool.discard(gone)
        for call in self.on_forget:
            call(None, gone)

    def forget(self, person: str, conversations: Iterable[str]) -> None:
        """Forget the sessions of these conversations, and on all replicas the person's profile, and that the person is
        kept."""
        self._pool.discard(conversations)
        self._forget_here(person)
        self._cluster.tell(FORGOTTEN, {"person": person})

    def _forget_here(self, person: str) -> None:
        self._profiles.forget(person)
        self._history.forget(person)
        for call in self.on_forget:
            call(person, ())

    @asynccontextmanager
    async def alone(self) -> AsyncGenerator[None]:
        """Let nobody else be erased during the block, on any replica. Raises ``StillRunning`` when another erasure does
        not end."""
        async with self._erasing:
            deadline = time.monotonic() + ALONE_WITHIN
            while not await self._cluster.lead(ERASURE):
                if time.monotonic() > deadline:
                    raise StillRunning("another replica is erasing a person: ask again")
                await asyncio.sleep(ASK_EVERY)
            try:
                yield
            finally:
                await self._cluster.step_down(ERASURE)

    @asynccontextmanager
    async def suspended(self, conversations: Collection[str]) -> AsyncGenerator[None]:
        """Let no turn run in these conversations during the block, on any replica; those that run end first."""
        self._queues.suspended.update(conversations)
        self._blocked.update(conversations)
        try:
            await self._end_turns(conversations)
            if self._cluster.shared:
                await self._hold(conversations)
            yield
        finally:
            if self._cluster.shared:
                await self._let_go([key for key in conversations if self._blocked[key] == 1])
            self._unblock(conversations)
            await self._take_due()
            await self._endings.look(self._inbox)  # no turn tells of what was erased or deleted meanwhile

    def _unblock(self, conversations: Collection[str]) -> None:
        self._blocked.subtract(conversations)
        for key in [key for key in conversations if not self._blocked[key]]:
            del self._blocked[key]
            if key not in self._yielded:
                self._queues.suspended.discard(key)

    async def _end_turns(self, conversations: Collection[str]) -> None:
        """End the turns that run here in these conversations. Raises ``StillRunning``."""
        queues = [queue for key in conversations if (queue := self._queues.get(key)) is not None]
        deadline = time.monotonic() + END_WITHIN
        while tasks := [task for queue in queues if queue.key in self._queues for task in queue.busy()]:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            # An ask may open while we wait, so look again every now and then.
            await asyncio.wait(tasks, timeout=min(left, 0.2), return_when=asyncio.FIRST_COMPLETED)
        await asyncio.gather(*(self._break_off(queue) for queue in queues if self._queues.get(queue.key) is queue))

    async def _break_off(self, queue: ConversationQueue) -> None:
        if not await break_off(queue, self._inbox):
            raise StillRunning(
                f"a turn in {queue.key} does not end, because its handler swallows the cancellation: stop the "
                "gateway and ask again"
            )

    # Other replicas

    async def _hold(self, conversations: Collection[str]) -> None:
        """Take the leases of all these conversations. Raises ``StillRunning`` when a replica does not let go."""
        wanted, deadline = list(conversations), time.monotonic() + LET_GO_WITHIN
        while True:
            leases = await asyncio.gather(*map(self._inbox.claim, wanted))
            wanted = [key for key, lease in zip(wanted, leases, strict=True) if lease is None]
            if not wanted:
                return
            if time.monotonic() > deadline:
                raise StillRunning(f"another replica does not let go of {wanted[0]}: stop that one, or ask again")
            for some in _words(wanted):
                self._cluster.tell(YIELD, {"conversations": some})
            await asyncio.sleep(ASK_EVERY)

    async def _let_go(self, conversations: Collection[str]) -> None:
        """Release the leases of those of these conversations of which nothing is in memory."""
        free = [
            key for key in conversations if self._inbox.holds(key) and key not in self._queues and key not in self._pool
        ]
        with suppress(Fenced, StoreFailed):  # then they end by themselves, or are released with the process
            for lease in await asyncio.gather(*map(self._inbox.claim, free)):
                if lease is not None:
                    await self._inbox.release(lease)

    def _hear_yield(self, body: Mapping[str, Any]) -> None:
        taken = {*self._blocked, *self._yielded}
        asked = {key for key in body["conversations"] if key not in taken and self._inbox.holds(key)}
        if asked:
            task = asyncio.ensure_future(self._yield(asked))
            self._yielding.add(task)
            task.add_done_callback(self._yielding.discard)

    async def _yield(self, conversations: Collection[str]) -> None:
        """End the turns of these conversations and let another replica have them."""
        self._yielded.update(conversations)
        self._queues.suspended.update(conversations)
        try:
            await self._end_turns(conversations)
            self.discard(conversations)
            await self._let_go(conversations)
            await asyncio.sleep(LEFT_ALONE)
        except (StillRunning, Fenced) as error:
            log.warning("conversations.not_yielded", count=len(conversations), error=str(error))
        finally:
            self._yielded.difference_update(conversations)
            self._queues.suspended.difference_update(set(conversations).difference(self._blocked))
        with suppress(Fenced):
            await self._take_due()


def _words(keys: Iterable[str]) -> Iterator[list[str]]:
    """Yield the keys in groups that one word may name."""
    some: list[str] = []
    size = 0
    for key in keys:
        length = len(key.encode()) + 3
        if some and size + length > WORD:
            yield some
            some, size = [], 0
        some.append(key)
        size += length
    if some:
        yield some
