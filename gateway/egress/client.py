"""One adapter behind the limiter and the retries, and what is needed to never send a thing twice."""

import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from gateway.adapter import Adapter, SupportsLookup
from gateway.egress.limiter import Limiter, Route
from gateway.egress.locks import KeyedLocks
from gateway.egress.retry import Doubt, RetryPolicy, retrying
from gateway.errors import Unavailable
from gateway.model import ConversationRef, Outgoing, Receipt

T = TypeVar("T")

SKEW = 60.0
"""Seconds the platform's clock and ours may differ."""
_RECENT = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What an earlier run may have left: look for it before sending."""

    since: float
    """Epoch seconds before which nothing of it can have been sent."""
    claimed: frozenset[str] = frozenset()
    """Ids of messages known to belong to other sends."""


class Posted(NamedTuple):
    """A message that was posted, now or earlier."""

    receipt: Receipt
    shown: Outgoing | None
    """What it shows; None for one that an earlier run posted."""


class PlatformClient:
    """All calls to one platform go through here."""

    def __init__(self, adapter: Adapter, *, policy: RetryPolicy, limiter: Limiter) -> None:
        self.adapter = adapter
        self.capabilities = adapter.capabilities
        self.can_find_sent = isinstance(adapter, SupportsLookup)
        self.limiter = limiter
        self.locks = KeyedLocks()
        """Sends to one conversation keep their order."""
        self._policy = policy
        self._recent: deque[tuple[float, str, str]] = deque(maxlen=_RECENT)
        """When, channel, id of what was sent in the last moments: a look for one message must not find another."""

    @staticmethod
    def route(method: str, to: ConversationRef) -> Route:
        """The limiter's name for a call."""
        return Route(to.platform, method, to.workspace, to.channel)

    async def call(
        self, method: str, to: ConversationRef, attempt: Callable[[], Awaitable[T]], *, doubt: Doubt | None = None
    ) -> T:
        """A call, retried: one that may be repeated, or that posts something under ``doubt``. Where the platform cannot
        be looked at, what an edit posts beside it (files) is under a doubt of its own."""
        if self.can_find_sent:
            doubt = None  # who tries again looks first
        elif doubt is None:
            doubt = Doubt()
        route = self.route(method, to)
        return await retrying(attempt, policy=self._policy, limiter=self.limiter, route=route, doubt=doubt)

    async def post_once(
        self,
        method: str,
        to: ConversationRef,
        message: Outgoing,
        do: Callable[[], Awaitable[Receipt | None]],
        *,
        key: str,
        lookup: Lookup | None,
        claimed: Collection[str],
        doubt: Doubt,
    ) -> Posted | None:
        """A call that posts a message. After a lost answer it is looked for first, where the platform can.

        Without ``SupportsLookup`` the call is made again if it is known that nothing was taken, and otherwise once.
        """
        since = None if lookup is None else lookup.since
        began = time.time()
        tried = False

        async def attempt() -> Posted | None:
            nonlocal since, tried
            if since is not None and (found := await self._find(to, message, key, since, lookup, claimed)) is not None:
                return Posted(found, message if tried else None)
            tried = True
            try:
                receipt = await do()
            except Unavailable:
                since = began - SKEW if since is None else since
                raise
            return None if receipt is None else Posted(receipt, message)

        posted = await self.call(method, to, attempt, doubt=doubt)
        doubt.settle()
        if posted is not None:
            self._remember(posted.receipt, began)
        return posted

    async def _find(
        self,
        to: ConversationRef,
        message: Outgoing,
        key: str,
        since: float,
        lookup: Lookup | None,
        claimed: Collection[str],
    ) -> Receipt | None:
        """The message if it has been sent already and the platform can tell."""
        if not isinstance(self.adapter, SupportsLookup):
            return None
        others = {id for _, channel, id in self._recent if channel == to.channel}
        others.update(claimed, () if lookup is None else lookup.claimed)
        return await self.adapter.find(to, message, key=key, since=since, claimed=others)

    def _remember(self, receipt: Receipt, now: float) -> None:
        recent = self._recent
        while recent and recent[0][0] < now - 2 * SKEW:
            recent.popleft()
        recent.append((now, receipt.to.channel, receipt.id))
