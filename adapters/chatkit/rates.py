"""Counts the requests of a minute: in memory where one process takes them all, in the store where replicas do."""

import math
import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import Any, Protocol

from gateway.adapter import Cluster, DocumentStore, IdempotencyKeys
from gateway.model import Document

MINUTE = 60.0
_CLIENTS = 20_000
"""Clients whose requests are counted at the same time; of more, those that were quiet for longest are forgotten."""
_PATIENT = 8
"""Numbers that are tried one after another."""
_TOPIC = "chatkit.requested"


class Rates(Protocol):
    """Counts the requests of ChatKit's clients, so that none makes more than its session allows."""

    async def admit(self, client: str, limit: int, *, person: str) -> int | None:
        """Count a request, unless ``limit`` were made within a minute.

        Args:
            client: The id of the session it came with.
            limit: How many there may be.
            person: Whose session it is (``UserRef.key``).

        Returns None for a request that was counted, else the seconds to wait, 1 to 60.
        """
        ...


class RequestRates:
    """The times of each client's requests within the last minute, in memory. Implements ``Rates`` for one process."""

    def __init__(self) -> None:
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    async def admit(self, client: str, limit: int, *, person: str) -> int | None:
        now = time.monotonic()
        times = self._times.setdefault(client, deque())
        self._times.move_to_end(client)
        if len(self._times) > _CLIENTS:
            self._times.popitem(last=False)
        while times and times[0] <= now - MINUTE:
            times.popleft()
        if len(times) >= limit:
            return min(60, max(1, math.ceil(times[0] + MINUTE - now)))
        times.append(now)
        return None


class SharedRates:
    """The numbers of the requests of each client in the present minute of the clock. Implements ``Rates`` for several
    replicas.

    A request takes the next number of its minute that is free, as a document that only one request can add, on
    whichever replica it is. Replicas tell each other which number was taken last, so that the first try mostly
    succeeds; without that word there would only be more tries.
    """

    def __init__(self, documents: DocumentStore, keys: IdempotencyKeys, cluster: Cluster) -> None:
        self._documents = documents
        self._keys = keys
        self._cluster = cluster
        self._taken: OrderedDict[str, tuple[int, int]] = OrderedDict()
        """The minute in which each client was last heard of, and the last number that is known to be taken in it."""
        cluster.listen(_TOPIC, self._hear)

    async def admit(self, client: str, limit: int, *, person: str) -> int | None:
        now = self._cluster.now()
        minute = int(now // MINUTE)
        before, taken = self._taken.get(client, (minute, 0))
        if before != minute:
            self._taken[client] = (minute, 0)
            await self._forget(client, before, taken, person)
        tries = 0
        while (last := self._last(client, minute)) < limit:
            # Where others took many, rather leave some numbers out than try each of them.
            number = min(limit, last + 2 ** max(0, tries - _PATIENT))
            self._note(client, minute, number)  # before others here look
            if await self._documents.add_document(self._numbered(client, minute, number, person)):
                self._cluster.tell(_TOPIC, {"client": client, "minute": minute, "number": number})
                return None
            tries += 1
        return max(1, math.ceil((minute + 1) * MINUTE - now))

    def _last(self, client: str, minute: int) -> int:
        known, number = self._taken.get(client, (minute, 0))
        return number if known == minute else 0

    def _note(self, client: str, minute: int, number: int) -> None:
        known, last = self._taken.get(client, (minute, 0))
        if known <= minute:
            self._taken[client] = (minute, max(number, last if known == minute else 0))
        self._taken.move_to_end(client)
        if len(self._taken) > _CLIENTS:
            self._taken.popitem(last=False)

    def _hear(self, body: Mapping[str, Any]) -> None:
        self._note(body["client"], body["minute"], body["number"])

    def _numbered(self, client: str, minute: int, number: int, person: str) -> Document:
        return self._keys.document(person, f"{client}:{minute}:{number}", "", "")

    async def _forget(self, client: str, minute: int, taken: int, person: str) -> None:
        """Delete the numbers of a minute that is over. Those of clients that do not come back go with the keys of
        repeated requests."""
        numbered = [self._numbered(client, minute, number, person) for number in range(1, taken + 1)]
        if numbered:
            await self._documents.delete_documents(numbered[0].kind, [each.id for each in numbered])
