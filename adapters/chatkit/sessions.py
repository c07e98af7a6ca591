"""Sessions: who a client is, what it can do, for how long and how often."""

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request

from adapters.chatkit.configuration import Configuration, ExpiresAfter, RateLimits, SessionRequest, Workflow, dumped
from adapters.chatkit.ids import person
from adapters.chatkit.limits import LINK_SECONDS
from adapters.chatkit.rates import Rates, RequestRates
from gateway.adapter import Cluster, DocumentStore
from gateway.errors import RequestRefused
from gateway.model import Document

_KIND = "chatkit.session"
_ACTIVITY = "chatkit.activity"
"""When a session was last used, apart from it: what notes a request must not undo that the session was cancelled."""
_ENDED = "chatkit.session.ended"
_PREFIX = "cksess_"
_SECRET = "ek_"  # noqa: S105 (how a secret begins)
_CACHED = 10_000
"""Sessions that are kept in memory."""
_CACHED_FOR = 5.0
"""Seconds after which a session in memory is read again: another process may have cancelled it, and its word been
lost."""
_NOTED = 0.1
"""The part of a session's lifetime after which its last request is written down again."""
_KEPT = LINK_SECONDS
"""Seconds for which a session that is over is still known: as long as its files are held."""
_REMOVED = 10
"""Sessions that are over, of which a user's oldest ones are looked at each time a new one is made."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session of a client."""

    id: str
    wish: SessionRequest
    digest: str
    """The hash of its client secret."""
    created_at: float
    """Seconds since the epoch."""
    active_at: float
    """When its last request came, as far as it was written down, in seconds since the epoch."""
    cancelled: bool = False

    @property
    def user(self) -> str:
        """Who the client acts for, in the words of whoever made the session."""
        return self.wish.user

    @property
    def configuration(self) -> Configuration:
        """What the client can do."""
        return self.wish.chatkit_configuration

    @property
    def state_variables(self) -> Mapping[str, Any]:
        """The variables of the session, for the bot's handlers."""
        return self.wish.workflow.state_variables or {}

    @property
    def expires_at(self) -> float:
        """When the session ends, in seconds since the epoch."""
        after = self.wish.expires_after
        return (self.active_at if after.anchor == "last_activity" else self.created_at) + after.seconds

    def status(self, now: float) -> str:
        """Return what it is at a time (seconds since the epoch): ``active``, ``expired`` or ``cancelled``."""
        if self.cancelled:
            return "cancelled"
        return "active" if now < self.expires_at else "expired"

    def as_json(self, secret: str, now: float) -> dict[str, Any]:
        """Return the session in the shape of OpenAI's API, with its status at a time (seconds since the epoch)."""
        limits = dumped(self.wish.rate_limits)
        return {
            "id": self.id,
            "object": "chatkit.session",
            "status": self.status(now),
            "user": self.user,
            "workflow": dumped(self.wish.workflow),
            "chatkit_configuration": dumped(self.configuration),
            "client_secret": secret,
            "expires_at": int(self.expires_at),
            "rate_limits": limits,
            **limits,
        }


class Sessions:
    """The sessions of all clients."""

    def __init__(self, documents: DocumentStore, *, rates: Rates | None = None, cluster: Cluster | None = None) -> None:
        """Make it on the documents of all replicas.

        Args:
            documents: The documents.
            rates: What counts requests; by default in memory.
            cluster: The replicas, which tell each other of sessions that end; None for this process alone.
        """
        self._documents = documents
        self._cluster = cluster
        self.now: Callable[[], float] = time.time if cluster is None else cluster.now
        """Returns the time in seconds since the epoch, by the clock of all replicas."""
        if cluster is not None:
            cluster.listen(_ENDED, self._hear_ended)
        self._rates = rates or RequestRates()
        self._cached: OrderedDict[str, tuple[float, Session]] = OrderedDict()
        """Sessions with the monotonic time at which they were read."""
        self._noted: dict[str, float] = {}
        """When the last request of a session came, as it is written down, for the sessions in memory."""

    async def create(self, wish: SessionRequest) -> tuple[Session, str]:
        """Make a session. Returns it with its client secret, which is kept nowhere: only its hash is."""
        name, now = secrets.token_hex(16), self.now()
        secret = f"{_SECRET}{name}_{secrets.token_urlsafe(32)}"
        session = Session(_PREFIX + name, wish, _digest(secret), now, now)
        await self._keep(session)
        return session, secret

    async def cancel(self, id: str) -> Session:
        """End a session before its time. Raises ``RequestRefused`` (404) where there is none."""
        found = await self._read(id)
        if found is None:
            raise RequestRefused(404, f"there is no session {id[:100]!r}")
        cancelled = replace(found, cancelled=True)
        await self._keep(cancelled)
        if self._cluster is not None:
            self._cluster.tell(_ENDED, {"session": id})
        return cancelled

    def _hear_ended(self, body: Mapping[str, Any]) -> None:
        self._cached.pop(body["session"], None)

    async def long_over(self, user: str) -> Sequence[str]:
        """Return ids of the user's sessions, some of the oldest, that ended so long ago that nobody needs them."""
        oldest = await self._documents.list_documents(_KIND, parent=user, limit=_REMOVED)
        sessions = [await self._session_in(each) for each in oldest]
        return [each.id for each in sessions if each.expires_at + _KEPT < self.now()]

    async def remove(self, ids: Sequence[str]) -> None:
        """Delete the ChatKit sessions with these ids, and what was noted of their use."""
        for kind in (_ACTIVITY, _KIND):
            await self._documents.delete_documents(kind, ids)
        for id in ids:
            self._cached.pop(id, None)
            self._noted.pop(id, None)

    async def authenticate(self, request: Request) -> Session:
        """Return the session of a request by its client secret, and count the request.

        Raises ``RequestRefused``: 401 without a secret, with a wrong one, and where the session was cancelled or is
        over; 429 where it made too many requests within a minute.
        """
        secret = _given(request)
        session = await self._find(secret)
        if session is None or not hmac.compare_digest(session.digest, _digest(secret)):
            raise RequestRefused(
                401, "the client secret is missing or not valid", headers={"WWW-Authenticate": "Bearer"}
            )
        if (status := session.status(self.now())) != "active":
            raise RequestRefused(401, f"the session is {status}: create a new one")
        most, whose = session.wish.rate_limits.max_requests_per_1_minute, person(session.user).key
        wait = await self._rates.admit(session.id, most, person=whose)
        if wait is not None:
            raise RequestRefused(
                429, f"this session made too many requests: try again in {wait} s", headers={"Retry-After": str(wait)}
            )
        return await self._note_activity(session)

    async def _find(self, secret: str) -> Session | None:
        name = secret.removeprefix(_SECRET).partition("_")[0]
        if not (secret.startswith(_SECRET) and len(secret) < 200 and len(name) == 32 and name.isalnum()):
            return None
        id = _PREFIX + name
        read_at, session = self._cached.get(id, (0.0, None))
        if session is not None and time.monotonic() - read_at < _CACHED_FOR:
            return session
        return await self._read(id)

    async def _note_activity(self, session: Session) -> Session:
        now, after = self.now(), session.wish.expires_after
        if after.anchor != "last_activity":
            return session
        if now - self._noted.get(session.id, session.created_at) > after.seconds * _NOTED:
            await self._write_activity(session, now)
        if session.id in self._cached:
            read_at, known = self._cached[session.id]
            self._cached[session.id] = (read_at, replace(known, active_at=now))
        return replace(session, active_at=now)

    async def _write_activity(self, session: Session, at: float) -> None:
        if await self._read(session.id) is None:
            return  # its person was erased: nothing of them is written again
        whose = person(session.user).key
        await self._documents.put_documents(
            [Document(kind=_ACTIVITY, id=session.id, parent=session.id, person=whose, body={"at": at})]
        )
        self._noted[session.id] = at

    async def _read(self, id: str) -> Session | None:
        document = await self._documents.get_document(_KIND, id)
        if document is None:
            self._cached.pop(id, None)
            return None
        session = await self._session_in(document)
        self._noted[id] = session.active_at
        _, known = self._cached.get(id, (0.0, None))
        if known is not None and known.active_at > session.active_at:
            session = replace(session, active_at=known.active_at)
        self._cache(session)
        return session

    async def _keep(self, session: Session) -> None:
        body = {
            "user": session.user,
            "workflow": dumped(session.wish.workflow),
            "chatkit_configuration": dumped(session.configuration),
            "expires_after": dumped(session.wish.expires_after),
            "rate_limits": dumped(session.wish.rate_limits),
            "digest": session.digest,
            "created_at": session.created_at,
            "cancelled": session.cancelled,
        }
        whose = person(session.user).key
        await self._documents.put_documents(
            [Document(kind=_KIND, id=session.id, parent=session.user, person=whose, body=body)]
        )
        self._noted[session.id] = session.active_at
        self._cache(session)

    async def _session_in(self, document: Document) -> Session:
        body = document.body
        wish = SessionRequest(
            user=body["user"],
            workflow=Workflow.model_validate(body["workflow"]),
            chatkit_configuration=Configuration.model_validate(body["chatkit_configuration"]),
            expires_after=ExpiresAfter.model_validate(body["expires_after"]),
            rate_limits=RateLimits.model_validate(body["rate_limits"]),
        )
        active_at = body["created_at"]
        if wish.expires_after.anchor == "last_activity":
            noted = await self._documents.get_document(_ACTIVITY, document.id)
            active_at = active_at if noted is None else noted.body["at"]
        return Session(document.id, wish, body["digest"], body["created_at"], active_at, body["cancelled"])

    def _cache(self, session: Session) -> None:
        self._cached[session.id] = (time.monotonic(), session)
        self._cached.move_to_end(session.id)
        if len(self._cached) > _CACHED:
            oldest, _ = self._cached.popitem(last=False)
            self._noted.pop(oldest, None)


def _given(request: Request) -> str:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def _digest(secret: str) -> str:
    # A plain hash is enough, because nobody can guess 32 random bytes.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
