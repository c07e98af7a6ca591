"""Replaces tokens that expire (token rotation) before they do, once for all replicas.

Theory. With token rotation a bot token lives twelve hours, and a refresh token gets the next one
(https://docs.slack.dev/authentication/using-token-rotation). A token is replaced when it is used within its last two
hours, as Slack's own SDKs do; a workspace that is silent costs nothing, since refresh tokens do not expire. An exchange
whose answer was lost is repeated with the same refresh token. Where Slack takes it no more, the token that is there is
used until it ends, and only then the app has to be installed again.
"""

import time
from collections.abc import Awaitable, Callable

import structlog

from adapters.slack.api import quiet
from adapters.slack.installation import Installation
from adapters.slack.installations import LOCK_WITHIN, Installations
from adapters.slack.oauth import OAuth
from gateway.errors import (
    Fenced,
    Forbidden,
    PlatformError,
    RateLimited,
    StoreFailed,
    Unavailable,
    Undecryptable,
)

EARLY = 7_200.0
"""Seconds before its end from which a token is replaced when it is used."""
_ATTEMPTS = 3
"""Attempts of one exchange whose answer does not come, with the same refresh token."""
_AGAIN = 60.0
"""Seconds after a failed exchange, while the token is still valid, until the next one."""

log = structlog.get_logger(__name__)


class Rotation:
    """Returns valid tokens of installations."""

    def __init__(
        self, installations: Installations, oauth: OAuth, *, now: Callable[[], float], install_url: str
    ) -> None:
        """``now`` returns the time by which tokens expire (epoch seconds); ``install_url`` is where the app is
        installed."""
        self._installations = installations
        self._oauth = oauth
        self._now = now
        self._install_url = install_url
        self._not_before: dict[str, float] = {}
        """When the next exchange may be tried after one that failed, by the monotonic clock in seconds."""
        self._unsaved: dict[str, Installation] = {}
        """Installations with new tokens that the store did not take."""

    def fix(self, id: str) -> str:
        """Return what has to be done where the app's token does not work any more."""
        return f"the app has to be installed in {id} again, at {self._install_url}"

    async def token(self, id: str) -> str:
        """Return the token of an installation, replaced where it is about to expire. Raises ``Forbidden`` where the app
        is not installed, ``Unavailable``."""
        installation = await self._get(id)
        if self._is_due(installation):
            installation = await self._replaced(installation)
        return installation.token

    async def renewed(self, id: str, refused: str, code: str) -> bool:
        """Return whether an installation has another token than one that Slack refused with an error code: one that was
        stored meanwhile, or a new one for a token that has expired. Raises ``Unavailable`` where none can be had
        now."""
        try:
            current = await self._read(id)
            if current.token == refused and code == "token_expired" and current.refresh_token:
                current = await self._replaced(current, forced=True)
        except Forbidden:
            return False
        return current.token != refused

    async def _get(self, id: str) -> Installation:
        if id in self._unsaved:
            await self._save_late(id)
        return await self._found(id, self._installations.get)

    async def _read(self, id: str) -> Installation:
        return await self._found(id, self._installations.read)

    async def _found(self, id: str, find: Callable[[str], Awaitable[Installation | None]]) -> Installation:
        """Return an installation, as it waits to be saved or as ``find`` finds it. Raises ``Forbidden`` where there is
        none that can be read."""
        if (waiting := self._unsaved.get(id)) is not None:
            return waiting
        try:
            found = await find(id)
        except Undecryptable as error:
            raise Forbidden(f"the token of {id} cannot be read: {error}") from error
        if found is None:
            raise Forbidden(f"the app is not installed in {id} any more: {self.fix(id)}")
        return found

    def _is_due(self, installation: Installation) -> bool:
        ends = installation.expires_at
        if ends is None or not installation.refresh_token or ends - self._now() > EARLY:
            return False
        return not self._is_valid(installation) or time.monotonic() >= self._not_before.get(installation.id, 0.0)

    def _is_valid(self, installation: Installation) -> bool:
        return installation.expires_at is None or installation.expires_at > self._now()

    async def _replaced(self, old: Installation, *, forced: bool = False) -> Installation:
        """Return the installation with a new token; with the old one where that is still valid and no other can be had
        now."""
        usable = self._is_valid(old) and not forced
        try:
            # Whoever has a valid token does not wait for the replica that replaces it.
            async with self._installations.lock(old.id, within=0.5 if usable else LOCK_WITHIN):
                current = await self._read(old.id)
                if current.token != old.token:
                    return current
                fresh = await self._exchanged(current)
                await self._save(fresh)
                self._not_before.pop(old.id, None)
                return fresh
        except (TimeoutError, Fenced, StoreFailed, PlatformError) as error:
            self._postpone(old.id, error)
            if usable:
                return old
            if isinstance(error, PlatformError) and not isinstance(error, Unavailable | RateLimited):
                raise Forbidden(f"the token of {old.id} has expired: {self.fix(old.id)}") from error
            raise Unavailable(f"no new token for {old.id} now: {error}"[:300]) from error

    def _postpone(self, id: str, error: BaseException) -> None:
        if isinstance(error, PlatformError):
            log.warning("slack.token_not_replaced", workspace=id, error=quiet(error))
        if len(self._not_before) > 10_000:
            self._not_before.clear()
        self._not_before[id] = time.monotonic() + _AGAIN

    async def _exchanged(self, installation: Installation) -> Installation:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                tokens = await self._oauth.refresh(installation.refresh_token)
            except Unavailable:
                if attempt == _ATTEMPTS:
                    raise
                continue  # perhaps only the answer was lost: nobody else has the refresh token
            return installation.rotated(tokens.token, tokens.refresh_token, tokens.expires_at)
        raise AssertionError("the last attempt returns or raises")

    async def _save(self, fresh: Installation) -> None:
        """Store new tokens. Those that the store does not take are used all the same, and stored later: the old ones
        are worth nothing any more."""
        try:
            await self._installations.save(fresh)
        except StoreFailed as error:
            log.error("slack.token_not_stored", workspace=fresh.id, error=str(error))
            self._unsaved[fresh.id] = fresh

    async def _save_late(self, id: str) -> None:
        try:
            async with self._installations.lock(id):
                if (fresh := self._unsaved.get(id)) is not None:
                    await self._installations.save(fresh)
                    del self._unsaved[id]
        except (TimeoutError, Fenced, StoreFailed) as error:
            log.warning("slack.token_not_stored", workspace=id, error=str(error)[:200])

    def drop(self, id: str) -> None:
        """Forget tokens that were not stored, because the app was installed anew or is installed no more."""
        self._unsaved.pop(id, None)
        self._not_before.pop(id, None)


class InstalledToken:
    """The token of an installation. Implements ``TokenSource``."""

    def __init__(self, id: str, installations: Installations, rotation: Rotation) -> None:
        self.id = id
        self._installations = installations
        self._rotation = rotation

    @property
    def scopes(self) -> frozenset[str] | None:
        """The scopes that Slack gave out at the installation; None while it is not in memory."""
        known = self._installations.cached(self.id)
        return None if known is None else known.scopes

    @property
    def fix(self) -> str:
        """What has to be done about a token that Slack refuses for good."""
        return self._rotation.fix(self.id)

    async def current(self) -> str:
        """Return the token to call with. Raises ``Forbidden`` where the app is not installed, ``Unavailable``."""
        return await self._rotation.token(self.id)

    async def renewed(self, refused: str, code: str) -> bool:
        """Return whether there is another token to try, now that Slack has refused this one with an error code."""
        return await self._rotation.renewed(self.id, refused, code)
