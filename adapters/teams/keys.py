"""The keys that Bot Framework signs with, fetched from its OpenID document and cached."""

import asyncio
import time
from typing import Any, NamedTuple

import aiohttp
import structlog
from jwt import PyJWK, PyJWTError

from adapters.fields import items, text
from adapters.jsons import object_in
from adapters.teams.reading import bounded
from gateway.errors import Unavailable

MAX_AGE = 86_400.0
"""Seconds after which the keys are fetched again (Bot Connector authentication: at least once a day)."""
MIN_AGE = 10.0
"""Seconds between two fetches: a stranger may name an unknown key in every request, and the service may be down."""
_PATIENCE = aiohttp.ClientTimeout(total=5.0)
"""Time limit for each of the two documents: the activity to be verified waits meanwhile, and Teams gives an activity 15
s."""
_MAX_DOCUMENT = 1024 * 1024

log = structlog.get_logger(__name__)


class Key(NamedTuple):
    """One signing key, as botbuilder's verification reads it."""

    public_key: Any
    endorsements: list[str]
    """The channels the key may speak for. Never empty, because botbuilder does not check a key that names none."""


class UnknownKey(Exception):
    """Raised for a token that names a key Bot Framework does not publish."""


class SigningKeys:
    """Looks keys up by id. One caller fetches them, the others wait for it."""

    def __init__(self, metadata_url: str) -> None:
        self._url = metadata_url
        self._session: aiohttp.ClientSession | None = None
        self._keys: dict[str, Key] = {}
        self._fetched = self._asked = -MAX_AGE
        self._lock = asyncio.Lock()

    def use(self, session: aiohttp.ClientSession | None) -> None:
        """Set the session to fetch with; None when there is none any more."""
        self._session = session

    async def get(self, key_id: str | None) -> Key:
        """Return the key. Raises ``UnknownKey``, and ``Unavailable`` while no keys could be fetched at all."""
        wanted = key_id or ""
        # Keys change without notice, so they are fetched again before a token is refused.
        if time.monotonic() - self._fetched > MAX_AGE or wanted not in self._keys:
            await self._renew()
        found = self._keys.get(wanted)
        if found is None and not self._keys:
            raise Unavailable(f"{self._url}: no keys yet")
        if found is None:
            raise UnknownKey(wanted or "no key id")
        return found

    async def _renew(self) -> None:
        """Fetch newer keys, unless somebody just did. On failure the old keys stay."""
        async with self._lock:
            if time.monotonic() - self._asked < MIN_AGE:
                return
            self._asked = time.monotonic()
            try:
                await self.fetch()
            except Unavailable as error:
                log.warning("teams.keys_not_renewed", error=str(error))

    async def fetch(self) -> None:
        """Read the document and the key set it names. Raises ``Unavailable``."""
        keys: dict[str, Key] = {}
        for each in items(await self._read(await self._key_set()), "keys"):
            try:
                key = PyJWK.from_dict(dict(each), algorithm="RS256")
            except PyJWTError:
                continue  # of a kind Bot Framework does not sign with
            endorsed: Any = each.get("endorsements")
            # A key that does not say for which channels it speaks speaks for none, and one without an id is none:
            # botbuilder would ask neither of them.
            keys[text(each, "kid")] = Key(key.key, endorsed if isinstance(endorsed, list) and endorsed else [""])
        keys.pop("", None)
        if not keys:
            raise Unavailable(f"{self._url}: no keys there")
        self._keys = keys
        self._fetched = time.monotonic()

    async def _key_set(self) -> str:
        return text(await self._read(self._url), "jwks_uri")

    async def _read(self, url: str) -> dict[str, Any]:
        if self._session is None:
            raise Unavailable("the Teams adapter is not connected")
        try:
            async with self._session.get(url, timeout=_PATIENCE, allow_redirects=False) as response:
                found = object_in(await bounded(response, _MAX_DOCUMENT)) if response.status == 200 else None
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise Unavailable(f"{url}: {type(error).__name__}") from error
        if not found:
            raise Unavailable(f"{url}: HTTP {response.status}, and no document")
        return found
