"""Caches user profiles (name, e-mail). A profile that cannot be had neither fails a turn nor delays it for long."""

import asyncio
import time
from collections import OrderedDict

import structlog

from gateway.egress import Sender
from gateway.errors import PlatformError
from gateway.model import Profile, UserRef

log = structlog.get_logger(__name__)

KEEP = 3600.0
"""Seconds after which a profile is fetched again."""
KEEP_FAILURE = 60.0
"""Seconds after which a failed fetch is tried again."""
WAIT = 2.0
"""Seconds a turn waits for a profile at most."""
LIMIT = 10_000
"""Maximum number of cached profiles."""


class Profiles:
    """The cache of user profiles. Concurrent requests for one user share a fetch."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._known: OrderedDict[str, tuple[float, Profile | None]] = OrderedDict()
        self._fetching: dict[str, asyncio.Task[Profile | None]] = {}

    async def get(self, user: UserRef) -> Profile | None:
        """Return the user's profile. None if the platform has none, fails, or takes longer than ``WAIT`` seconds."""
        key = user.key
        known = self._known.get(key)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        task = self._fetching.get(key)
        if task is None:
            task = self._fetching[key] = asyncio.create_task(self._fetch(user))
            task.add_done_callback(lambda _: self._fetching.pop(key, None))
        done, _ = await asyncio.wait({task}, timeout=WAIT)
        return next(iter(done)).result() if done else None

    def forget(self, user: str) -> None:
        """Forget the profile of a user (``UserRef.key``)."""
        self._known.pop(user, None)

    async def _fetch(self, user: UserRef) -> Profile | None:
        keep = KEEP
        try:
            profile = await self._sender.profile(user)
        except PlatformError as error:
            log.warning("profile.unavailable", user=user.key, error=str(error))
            profile, keep = None, KEEP_FAILURE
        self._known[user.key] = (time.monotonic() + keep, profile)
        self._known.move_to_end(user.key)
        while len(self._known) > LIMIT:
            self._known.popitem(last=False)
        return profile
