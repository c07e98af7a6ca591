"""The Bot Connector over one shared HTTP session: JSON in and out, with every failure as a ``gateway.errors`` type.

botbuilder is not used: it builds a client and signs in anew for every turn, sends in threads, loses the entities it
does not know (streams, citations) and retries nothing. Nothing is sent anywhere but to the service URL of a
conversation, which came with a token that was verified.
"""

import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import lru_cache
from urllib.parse import quote

import aiohttp
from yarl import URL

from adapters.fields import Json
from adapters.jsons import dump, object_in
from adapters.teams.credentials import Credentials, as_forbidden
from adapters.teams.errors import translate, unanswered
from adapters.teams.hosts import secure
from adapters.teams.keys import SigningKeys
from adapters.teams.reading import bounded
from gateway.errors import Rejected, SettingsError, Unavailable
from gateway.model import ConversationRef

TIMEOUT = 30.0
"""Seconds for one call; uploads and downloads have time limits of their own."""
_MAX_ANSWER = 4 * 1024 * 1024
_JSON = "application/json; charset=utf-8"
_LARGE = 256 * 1024


class Transport:
    """Calls the connector of a conversation. ``local``: plain http to this machine is allowed, because an emulator is
    there."""

    def __init__(self, credentials: Credentials, keys: SigningKeys, *, local: bool) -> None:
        self._credentials = credentials
        self._keys = keys
        self._session: aiohttp.ClientSession | None = None
        self.local = local

    @property
    def session(self) -> aiohttp.ClientSession:
        """The one HTTP session. Raises ``Unavailable`` while not connected."""
        if self._session is None:
            raise Unavailable("the Teams adapter is not connected")
        return self._session

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Hold the HTTP session open."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT, sock_connect=10)
        async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
            self._use(session)
            try:
                yield
            finally:
                self._use(None)

    def _use(self, session: aiohttp.ClientSession | None) -> None:
        self._session = session
        self._keys.use(session)
        self._credentials.use(session)

    async def check(self) -> None:
        """Check that the login and the keys can be reached. Raises ``SettingsError`` and ``Unavailable``."""
        if await self._credentials.authorization():
            await self._keys.fetch()

    async def send(self, to: ConversationRef, activity: Json, *, posts: bool = True) -> str:
        """Post an activity and return its id, empty where Teams gives none. ``posts`` is false for an activity that
        makes no message of its own (a typing indicator, a part of a running stream). Raises ``Unconfirmed`` where the
        message may have been posted although the call failed."""
        answer = await self._call("POST", to, "/activities", activity, what="send", posts=posts)
        return str(answer.get("id") or "")

    async def create(self, to: ConversationRef, wanted: Json) -> Json:
        """Create a conversation at the connector of ``to``, or find the one that is there, and return what the
        connector tells of it."""
        return await self._call("POST", to, "", wanted, what="create")

    async def update(self, to: ConversationRef, activity_id: str, activity: Json) -> None:
        """Replace the activity with this id in the conversation by another one."""
        await self._call("PUT", to, f"/activities/{_part(activity_id)}", activity, what="update")

    async def delete(self, to: ConversationRef, activity_id: str) -> None:
        """Delete an activity. Raises ``Gone`` for one that is gone already."""
        await self._call("DELETE", to, f"/activities/{_part(activity_id)}", None, what="delete")

    async def react(self, to: ConversationRef, activity_id: str, reaction: str, *, added: bool) -> None:
        """Put the bot's reaction on an activity, or take it off."""
        path = f"/activities/{_part(activity_id)}/reactions/{_part(reaction)}"
        await self._call("PUT" if added else "DELETE", to, path, None, what="react")

    async def member(self, to: ConversationRef, user: str) -> Json:
        """Return what the conversation's roster says of a user, by any of their ids."""
        return await self._call("GET", to, f"/members/{_part(user)}", None, what="member")

    async def authorized(self) -> dict[str, str]:
        """Return the Authorization header for requests to the connector itself."""
        try:
            token = await self._credentials.authorization()
        except SettingsError as error:
            raise as_forbidden(error) from error
        return {"Authorization": token} if token else {}

    async def _call(
        self, method: str, to: ConversationRef, path: str, body: Json | None, *, what: str, posts: bool = False
    ) -> Json:
        service = service_of(to)
        if not secure(service, local=self.local):
            raise Rejected(f"the conversation's service URL {service[:80]!r} is no https address")
        base = _address(service)
        within = f"/{_part(conversation_of(to))}{path}" if to.channel else ""
        where = f"{base.raw_path.rstrip('/')}/v3/conversations{within}"
        url = base.with_path(where, encoded=True)
        data = None if body is None else dump(body)
        status, raw, headers = await self._request(method, url, data, what=what, posts=posts)
        if status == 401:
            # A token can be revoked before it expires, so the call is made once more with a new one.
            status, raw, headers = await self._request(method, url, data, what=what, posts=posts)
        if status >= 300:
            has_form = body is not None and "attachments" in body
            bucket = f"{what}:{to.channel}"
            raise translate(status, raw, headers, what=what, bucket=bucket, posts=posts, has_form=has_form)
        return object_in(raw) or {}

    async def _request(
        self, method: str, url: URL, data: bytes | None, *, what: str, posts: bool
    ) -> tuple[int, bytes, Mapping[str, str]]:
        headers = await self.authorized()
        if data is not None:
            headers["Content-Type"] = _JSON
        try:
            async with self.session.request(
                method, url, data=in_pieces(data), headers=headers, allow_redirects=False
            ) as response:
                raw = await bounded(response, _MAX_ANSWER)
                if response.status == 401:
                    self._credentials.refused(headers.get("Authorization", ""))
                return response.status, raw, response.headers
        except (aiohttp.ClientError, TimeoutError) as error:
            raise unanswered(error, what=what, posts=posts) from error


def in_pieces(data: bytes | None) -> bytes | io.BytesIO | None:
    """Return a large body as a stream, so that it is written in pieces and others get their turn."""
    return data if data is None or len(data) < _LARGE else io.BytesIO(data)


@lru_cache(maxsize=256)
def _address(service: str) -> URL:
    """Parse a service URL; nearly always the same few are used. Raises ``Rejected`` for one that cannot be used."""
    try:
        return URL(service)
    except ValueError as error:
        raise Rejected(f"the conversation's service URL {service[:80]!r} is no address") from error


def _part(id: str) -> str:
    """Return an id quoted as a part of a path. Most of Teams' ids need no quoting."""
    return quote(id, safe=":;=@")


def service_of(to: ConversationRef) -> str:
    """Return the connector of a conversation, without a slash at the end. Raises ``Rejected`` for a conversation that
    names none."""
    url = to.route.get("service", "")
    if not url:
        raise Rejected(f"nothing was heard from {to.key} yet, so it is not known where its connector is")
    return url.rstrip("/")


def conversation_of(to: ConversationRef) -> str:
    """Return the conversation's id for the connector; in a channel it names the thread too."""
    return f"{to.channel};messageid={to.thread}" if to.thread else to.channel
