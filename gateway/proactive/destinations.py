"""Finds the conversation that a program names: by its key, by a thread's id, or by the person it is with."""

from collections.abc import Container
from typing import NamedTuple

from gateway.egress import Sender
from gateway.errors import Forbidden, Gone, PlatformError, RateLimited, Rejected, RequestRefused, Unsupported
from gateway.model import ConversationRef, UserRef
from gateway.ports import Addresses
from gateway.runtime.session import SessionPool

PERSON = "user:"
"""How the name of a destination begins that is the direct messages with a person: ``user:slack:T1:U1``."""
NAME_LIMIT = 1_000
"""Characters the name of a destination may have."""
LATER = 30.0
"""Seconds after which a program shall try again when the platform does not answer."""


class Destination(NamedTuple):
    """Where something is to be said."""

    ref: ConversationRef
    user: UserRef | None
    """The person it is for, as far as that is known."""


class Destinations:
    """Finds destinations, on the platforms that are on.

    Args:
        store: What is known of conversations.
        sender: What opens direct messages.
        sessions: The sessions in memory, some of which are so new that they are not stored yet.
        platforms: The names of the platforms that are on.
    """

    def __init__(self, store: Addresses, sender: Sender, sessions: SessionPool, platforms: Container[str]) -> None:
        self._store = store
        self._sender = sender
        self._sessions = sessions
        self._platforms = platforms

    async def find(self, name: str) -> Destination:
        """Return the destination with this name.

        Raises ``RequestRefused``: 404 when nothing is known of it, 409 when its platform is off or lets nobody be
        written to, 503 when the platform does not answer now.
        """
        if len(name) > NAME_LIMIT:
            raise _unknown(name)
        if name.startswith(PERSON):
            return await self._with_person(name)
        found = await self._known(name)
        if found is None:
            raise _unknown(name)
        self._check(found.ref.platform)
        return found

    async def _known(self, name: str) -> Destination | None:
        address = await self._store.address(name)
        if address is not None:
            return Destination(address.ref, user_of(address.user))
        session = self._sessions.live(name)
        if session is None:
            return None
        return Destination(session.ref, session.user if session.user is not None and session.user.id else None)

    async def _with_person(self, name: str) -> Destination:
        user = user_of(name.removeprefix(PERSON))
        if user is None:
            raise RequestRefused(400, f"a person is named as {PERSON}PLATFORM:WORKSPACE:ID", where="ref")
        self._check(user.platform)
        try:
            return Destination(await self._sender.open_dm(user), user)
        except (Gone, Rejected) as error:
            raise RequestRefused(404, f"there is no such person: {error}", where="ref") from None
        except (Forbidden, Unsupported) as error:
            raise RequestRefused(409, f"this person cannot be written to: {error}", where="ref") from None
        except PlatformError as error:
            seconds = error.retry_after if isinstance(error, RateLimited) else LATER
            raise RequestRefused(
                503, f"{user.platform} does not answer now: {error}", headers={"Retry-After": str(int(seconds) + 1)}
            ) from None

    def _check(self, platform: str) -> None:
        if platform not in self._platforms:
            raise RequestRefused(409, f"{platform[:100]} is not on", where="ref")


def user_of(key: str) -> UserRef | None:
    """Return the person with this key (``UserRef.key``); None for a text that is no such key."""
    parts = key.split(":", 2)
    return UserRef(platform=parts[0], workspace=parts[1], id=parts[2]) if len(parts) == 3 and all(parts) else None


def _unknown(name: str) -> RequestRefused:
    return RequestRefused(404, f"no conversation is known as {name[:100]!r}", where="ref")
