"""Calls one platform through its adapter, with rate limits and retries, so that no message is posted twice."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from gateway.adapter import Adapter, SupportsLookup
from gateway.egress.limiter import Limiter, Route
from gateway.egress.locks import KeyedLocks
from gateway.egress.retry import Doubt, RetryPolicy, retrying
from gateway.errors import (
    Fenced,
    Forbidden,
    Gone,
    RateLimited,
    Rejected,
    StreamExpired,
    StreamStopped,
    TooLarge,
    Unavailable,
    Unsupported,
)
from gateway.model import ConversationRef, Outgoing, Receipt
from gateway.ports import Cluster
from gateway.telemetry.context import current_delivery
from gateway.telemetry.observer import CallOutcome, Observer, Observers, PlatformCall, error_text

T = TypeVar("T")

SKEW = 60.0
"""Seconds the platform's clock and ours may differ."""
_RECENT = 1024
_OUTCOMES: Sequence[tuple[type[BaseException], CallOutcome]] = (
    (RateLimited, "rate_limited"),
    (Unavailable, "unavailable"),
    (Forbidden, "forbidden"),
    (Gone, "gone"),
    (StreamExpired, "gone"),
    (StreamStopped, "gone"),
    (TooLarge, "too_large"),
    (Rejected, "rejected"),
    (Unsupported, "unsupported"),
    (asyncio.CancelledError, "cancelled"),
)
"""How a try that raised such an error is told to observers; any other error is ``error``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Says that an earlier run may have sent the message, so that the platform is searched for it before sending."""

    since: float
    """Epoch seconds before which the message cannot have been sent."""
    claimed: frozenset[str] = frozenset()
    """Ids of messages known to belong to other sends."""


class Posted(NamedTuple):
    """A message that was posted, now or earlier."""

    receipt: Receipt
    shown: Outgoing | None
    """What the message shows; None for one that an earlier run posted."""


def _outcome_of(error: BaseException) -> CallOutcome:
    for kind, outcome in _OUTCOMES:
        if isinstance(error, kind):
            return outcome
    return "error"


class PlatformClient:
    """The platform client: every call to one platform goes through it."""

    def __init__(
        self,
        adapter: Adapter,
        *,
        policy: RetryPolicy,
        limiter: Limiter,
        cluster: Cluster | None = None,
        observers: Observer | None = None,
    ) -> None:
        """Make the client of an adapter's platform. A replica of ``cluster`` that is fenced calls nothing;
        ``observers`` are told of each try of a call."""
        self.observers = observers or Observers()
        self.adapter = adapter
        self.capabilities = adapter.capabilities
        self.can_find_sent = isinstance(adapter, SupportsLookup)
        self.limiter = limiter
        self.locks = KeyedLocks()
        """One lock per conversation, which keeps the messages sent there in order."""
        self._policy = policy
        self._cluster = cluster
        self._recent: deque[tuple[float, str, str]] = deque(maxlen=_RECENT)
        """Time (epoch seconds), channel and id of the messages sent in the last moments, which a search for another
        message must not find."""

    @property
    def fenced(self) -> bool:
        """Whether this replica must not call the platform, because others may have taken over what it does."""
        return self._cluster is not None and self._cluster.fenced

    def check(self) -> None:
        """Raise ``Fenced`` where this replica must not call the platform."""
        if self.fenced:
            raise Fenced("this replica lost its lease: another one may send this now")

    @staticmethod
    def route(method: str, to: ConversationRef) -> Route:
        """Return the route under which the limiter knows a call."""
        return Route(to.platform, method, to.workspace, to.channel)

    async def call(
        self, method: str, to: ConversationRef, attempt: Callable[[], Awaitable[T]], *, doubt: Doubt | None = None
    ) -> T:
        """Call the platform with retries and return what ``attempt`` returns. The call may be repeated safely, or it
        posts something and ``doubt`` counts its tries. On a platform that cannot be searched, a call without ``doubt``
        gets one of its own, because an edit may post files. Raises ``Fenced``, before any try, once this replica lost
        its lease."""
        if self.can_find_sent:
            doubt = None  # the next try searches the platform first
        elif doubt is None:
            doubt = Doubt()
        route = self.route(method, to)

        def told_attempt() -> Awaitable[T]:
            self.check()
            return self.told(method, to, attempt())

        return await retrying(told_attempt, policy=self._policy, limiter=self.limiter, route=route, doubt=doubt)

    async def told(self, method: str, to: ConversationRef, trying: Awaitable[T]) -> T:
        """Return what one try of a call returns, and tell observers how it ended."""
        began = time.perf_counter()
        try:
            result = await trying
        except BaseException as error:
            self._tell(method, to, _outcome_of(error), began, error_text(error))
            raise
        self._tell(method, to, "ok", began)
        return result

    def _tell(self, method: str, to: ConversationRef, outcome: CallOutcome, began: float, error: str = "") -> None:
        seconds = time.perf_counter() - began
        self.observers.called(
            PlatformCall(to.platform, to.key, current_delivery.get(), method, outcome, seconds, error)
        )

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
        """Post a message with retries. After a lost answer the platform is searched for the message before the next
        try. A platform that cannot be searched is called again when it is known not to have taken the message, and
        otherwise once more at most. Returns None if ``do`` did.
        """
        since = None if lookup is None else lookup.since
        began = time.time()
        tried = False

        async def attempt() -> Posted | None:
            nonlocal since, tried
            if since is not None and (found := await self._find(to, message, key, since, lookup, claimed)) is not None:
                return Posted(found, message if tried else None)
            tried = True
            self.check()  # the search took its time
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
        """Return the receipt of the message if the platform can be searched and has the message already."""
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
