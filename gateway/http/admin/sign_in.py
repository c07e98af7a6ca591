"""Who looks at the pages: an API key, in a header or given once in a form and then stood for by a signed cookie."""

import hmac
import secrets
import time
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from gateway.adapter import ApiKey
from gateway.errors import RequestRefused
from gateway.http.access import KeyedAccess

COOKIE = "gateway_admin"
"""The name of the cookie that stands for a session."""
SESSION_SECONDS = 8 * 3_600
"""Seconds for which a session lasts; after that the key is asked for again."""
PURPOSE = "sessions of operators"
"""What the signing key is derived for (``Seals.key``)."""
_LONGEST_COOKIE = 300
_SAME_SITE = "same-origin"


class Visitor(NamedTuple):
    """Who makes a request."""

    key: ApiKey
    session: str | None
    """What the cookie holds; None where the request brings the key itself."""


class SignedSessions:
    """Sessions that are not stored: an id of an API key and a time, signed. One ends with its time, and with its key,
    which is looked up for every request.

    Args:
        key: Returns the signing key.
        clock: Returns seconds since the epoch.
    """

    def __init__(self, key: Callable[[], bytes], clock: Callable[[], float] = time.time) -> None:
        self._key = key
        self._clock = clock

    def begin(self, key_id: str) -> str:
        """Return a new session of the API key with this id."""
        meaning = f"{key_id}.{int(self._clock()) + SESSION_SECONDS}.{secrets.token_hex(8)}"
        return f"{meaning}.{self._signed('session', meaning)}"

    def key_id(self, session: str) -> str | None:
        """Return the id of the API key whose session this is; None where it is none of ours, or is over."""
        if len(session) > _LONGEST_COOKIE or not session.isascii():
            return None
        meaning, _, signature = session.rpartition(".")
        if not hmac.compare_digest(signature, self._signed("session", meaning)):
            return None
        id, until, _ = meaning.split(".")
        return id if self._clock() < int(until) else None

    def form_token(self, session: str) -> str:
        """Return what the forms on the pages of a session carry, so that no other site can fill one in."""
        return self._signed("forms", session)

    def is_form_token(self, given: str, session: str) -> bool:
        """Return whether a form carries the token of its session."""
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.form_token(session).encode())

    def _signed(self, purpose: str, meaning: str) -> str:
        return hmac.new(self._key(), f"{purpose}/{meaning}".encode(), sha256).hexdigest()


async def visitor_of(request: Request, access: KeyedAccess, sessions: SignedSessions) -> Visitor:
    """Return who makes a request. Raises ``RequestRefused``: 401 without a valid key or session, 403 for a key that may
    not read, 429 for too many requests."""
    if _brings_key(request):
        return Visitor(await access.authorize(request, "read"), None)
    session = request.cookies.get(COOKIE, "")
    id = sessions.key_id(session) if session else None
    if id is None:
        text = "your session is over: sign in again" if session else "sign in with an API key"
        raise RequestRefused(401, text, headers={"WWW-Authenticate": "Bearer"})
    key = await access.key_of(id)
    key.require("read")
    return Visitor(key, session)


def _brings_key(request: Request) -> bool:
    """Return whether a request brings an API key itself. A proxy's own password (``Basic``) is none."""
    schemes = {each.strip().partition(" ")[0].lower() for each in request.headers.getlist("authorization")}
    return "bearer" in schemes or "x-api-key" in request.headers


def check_origin(request: Request, public_url: str | None) -> None:
    """Raise ``RequestRefused`` (403) for a form that a browser sends from a page of somebody else.

    Args:
        request: The request, as the browser or a proxy sent it.
        public_url: The address at which people reach the gateway; None where it is not known.
    """
    site = request.headers.get("sec-fetch-site", _SAME_SITE)
    origin = request.headers.get("origin")
    hosts = {request.headers.get("host", "").lower()}
    if public_url is not None:
        hosts.add(urlsplit(public_url).netloc.lower())
    if site != _SAME_SITE or (origin is not None and origin.lower().partition("://")[2] not in hosts):
        raise RequestRefused(
            403,
            "this form was not sent from a page of the gateway's own; where a proxy changes the host, set "
            "GATEWAY_PUBLIC_URL to the address in your browser",
        )


def keep(response: Response, request: Request, session: str) -> None:
    """Set the cookie of a session. It has no path, so that a browser sends it to the folder of these pages only,
    whatever a proxy makes of their address; nor a host, so that no other host gets it."""
    origin = request.headers.get("origin", "")
    response.set_cookie(
        COOKIE,
        session,
        max_age=SESSION_SECONDS,
        path=None,
        secure=request.url.scheme == "https" or origin.startswith("https://"),
        httponly=True,
        samesite="strict",
    )


def forget(response: Response) -> None:
    """Take the cookie away."""
    response.set_cookie(COOKIE, "", max_age=0, path=None, httponly=True, samesite="strict")
