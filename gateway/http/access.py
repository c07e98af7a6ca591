"""Checks the API keys that requests bring: that they are valid, allow what is asked, and are not used too often."""

import asyncio
import hmac
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from starlette.requests import HTTPConnection

from gateway.adapter import ApiKey, KeyScope
from gateway.errors import Fenced, RequestRefused, StoreFailed
from gateway.http.connections import address_of
from gateway.model import ALL_SCOPES, API_KEY, API_KEY_USED, Document, StoredApiKey, digest_of, key_id
from gateway.ports import Cluster, Documents, Rights
from gateway.runtime.rate import Rate

CACHED_FOR = 5.0
"""Seconds for which a key is not read from the store again: a revoked one works that long at most."""
MOST_CACHED = 1_000
"""Number of keys kept in memory, those used last."""
USED_EVERY = 60.0
"""Seconds between two times that the last use of a key is stored."""
WRONG_KEYS = 60
"""Wrong keys of one address in a minute; after that its requests are refused unread, one in a second excepted."""
LONGEST_KEY = 512
"""Characters of the longest key."""


class _Known:
    """A key as it was read from the store."""

    __slots__ = ("key", "read_at", "used_at")

    def __init__(self, key: StoredApiKey, read_at: float, used_at: float) -> None:
        self.key = key
        self.read_at = read_at
        self.used_at = used_at
        """When its last use was stored."""


class KeyedAccess:
    """Knows the API keys: those in the settings, and those made by ``gateway keys create``. Implements
    ``gateway.adapter.ApiAccess``."""

    def __init__(
        self,
        store: Documents,
        rights: Rights,
        plain: Sequence[str],
        *,
        rate: int = 0,
        clock: Callable[[], float] = time.monotonic,
        cluster: Cluster | None = None,
    ) -> None:
        """Make it with the API keys of a gateway.

        Args:
            store: Where ``gateway keys create`` puts keys.
            rights: Where the audit is.
            plain: The keys in the settings, which have all scopes.
            rate: Requests a minute that one key may make; 0 for no bound, also on wrong keys.
            clock: Returns seconds, for the cache and the bounds.
            cluster: The replicas among which the bounds are shared out; None for this one alone.
        """
        self._store = store
        self._rights = rights
        digests = [digest_of(key.encode("utf-8", "surrogateescape")) for key in plain]
        self._plain = {digest: ApiKey(f"env-{digest[:8]}", ALL_SCOPES) for digest in digests}
        self._clock = clock
        self._uses = Rate(rate, clock=clock, cluster=cluster)
        self._wrong = Rate(WRONG_KEYS if rate else 0, clock=clock, cluster=cluster)
        self._cache: OrderedDict[str, _Known] = OrderedDict()
        self._storing: set[asyncio.Task[None]] = set()

    async def authorize(self, request: HTTPConnection, scope: KeyScope) -> ApiKey:
        """Return the key that a request brings (see ``gateway.adapter.ApiAccess``)."""
        key = await self.identify(_given(request), address_of(request.client))
        key.require(scope)
        return key

    async def identify(self, given: str, address: str) -> ApiKey:
        """Return the key that somebody gives, whatever it allows.

        Args:
            given: The whole key, a character for each byte that was sent.
            address: Where it comes from, as ``address_of`` has it.

        Raises ``RequestRefused``: 401 for a wrong key, 429 after too many wrong ones from this address, and when the
        key was used too often.
        """
        if wait := self._wrong.wait(address):
            raise _too_often("too many wrong API keys came from this address", wait)
        key = await self._find(given)
        if key is None:
            self._wrong.take(address)
            raise _not_authorized("this API key is not valid")
        self._wrong.forget(address)
        return self._used(key)

    async def key_of(self, id: str) -> ApiKey:
        """Return the key with an id, for what was begun with the key itself and goes on without it.

        Raises ``RequestRefused``: 401 when there is no such key any more, 429 when it was used too often.
        """
        key = next((each for each in self._plain.values() if each.id == id), None)
        if key is None:
            known = await self._read(id)
            if known is None or not known.key.is_valid(time.time()):
                raise _not_authorized("the API key of this session is not valid any more")
            self._note_use(known)
            key = ApiKey(id, known.key.granted)
        return self._used(key)

    def _used(self, key: ApiKey) -> ApiKey:
        """Count a use of a key. Raises ``RequestRefused`` (429) when there were too many."""
        if wait := self._uses.take(key.id):
            raise _too_often("this API key was used too often", wait)
        return key

    async def note(self, key: ApiKey, action: str, **details: Any) -> None:
        """Write a line to the audit (see ``gateway.adapter.ApiAccess``). Raises ``StoreFailed``."""
        await self._rights.note(action, None, {**details, "key": key.id})

    async def _find(self, given: str) -> ApiKey | None:
        if len(given) > LONGEST_KEY:
            return None
        sent = given.encode("latin-1")  # the bytes that were sent
        digest = digest_of(sent)
        plain = [key for known, key in self._plain.items() if hmac.compare_digest(known, digest)]
        if plain:
            return plain[0]
        id = key_id(given)
        known = None if id is None else await self._read(id)
        if known is None or not known.key.is_key(sent) or not known.key.is_valid(time.time()):
            return None
        self._note_use(known)
        return ApiKey(known.key.id, known.key.granted)

    async def _read(self, id: str) -> _Known | None:
        """Return a key from the store, or as it was there ``CACHED_FOR`` seconds ago or less."""
        known, now = self._cache.get(id), self._clock()
        if known is not None and now - known.read_at < CACHED_FOR:
            self._cache.move_to_end(id)
            return known
        document = await self._store.get_document(API_KEY, id)
        if document is None:
            self._cache.pop(id, None)
            return None
        used_at = -math.inf if known is None else known.used_at
        known = self._cache[id] = _Known(StoredApiKey.from_body(id, document.body), now, used_at)
        self._cache.move_to_end(id)
        if len(self._cache) > MOST_CACHED:
            self._cache.popitem(last=False)
        return known

    def _note_use(self, known: _Known) -> None:
        """Store when a key was used, once in ``USED_EVERY`` seconds, while the request goes on."""
        now = self._clock()
        if now - known.used_at < USED_EVERY:
            return
        known.used_at = now
        task = asyncio.create_task(self._store_use(known.key.id))
        self._storing.add(task)
        task.add_done_callback(self._storing.discard)

    async def _store_use(self, id: str) -> None:
        # Apart from the key, which the command line may be revoking just now.
        with suppress(StoreFailed, Fenced):  # which the store has logged; the next use is stored
            await self._store.put_documents([Document(kind=API_KEY_USED, id=id, body={"at": time.time()})])


def _given(request: HTTPConnection) -> str:
    """Return the key that a request brings. Raises ``RequestRefused`` when there is none, or two."""
    keys = {key.strip() for key in request.headers.getlist("x-api-key")}
    for header in request.headers.getlist("authorization"):
        scheme, _, token = header.strip().partition(" ")
        if scheme.lower() == "bearer":
            keys.add(token.strip())
    keys.discard("")
    if not keys:
        raise _not_authorized("an API key is needed: send it as Authorization: Bearer KEY, or as x-api-key")
    if len(keys) > 1:
        raise _not_authorized("the request brings two different API keys: send one")
    return keys.pop()


def _not_authorized(text: str) -> RequestRefused:
    return RequestRefused(401, text, headers={"WWW-Authenticate": "Bearer"})


def _too_often(text: str, wait: float) -> RequestRefused:
    seconds = max(1, math.ceil(wait))
    return RequestRefused(429, f"{text}: wait {seconds} s", headers={"Retry-After": str(seconds)})
