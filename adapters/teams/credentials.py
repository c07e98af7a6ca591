"""The token for sending: from Entra by secret or from a managed identity, reused until shortly before it expires.

https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication and
https://learn.microsoft.com/azure/app-service/overview-managed-identity (with the endpoint of virtual machines below).
"""

import asyncio
import time
from typing import NamedTuple
from urllib.parse import quote

import aiohttp
from botframework.connector.auth import AuthenticationConstants  # type: ignore[import-untyped]

from adapters.fields import Json, text
from adapters.jsons import object_in
from adapters.teams.reading import bounded
from adapters.teams.settings import TeamsSettings
from gateway.errors import Forbidden, SettingsError, Unavailable

_PATH: str = AuthenticationConstants.TO_CHANNEL_FROM_BOT_TOKEN_ENDPOINT_PATH
_VIRTUAL_MACHINE = "http://169.254.169.254/metadata/identity/oauth2/token"
_EARLY = 300.0
"""Seconds before its end from which a token is no longer used; for a short-lived token a fifth of its life."""
_MAX_ANSWER = 64 * 1024

_FIXES = {
    7000215: "TEAMS_APP_PASSWORD is not the secret of TEAMS_APP_ID: copy the value of a client secret, not its id",
    7000222: "TEAMS_APP_PASSWORD has expired: make a new client secret for TEAMS_APP_ID",
    7000218: "TEAMS_APP_PASSWORD is needed: Entra wants a client secret",
    700016: "TEAMS_APP_ID is not known in the tenant: check it, TEAMS_APP_TENANT_ID and TEAMS_APP_TYPE",
    90002: "TEAMS_APP_TENANT_ID: there is no such tenant",
}
"""What the operator has to change, by Entra's error number (AADSTS)."""


class _Token(NamedTuple):
    header: str
    """The Authorization header: ``Bearer …``."""
    until: float
    """When it is renewed, by the monotonic clock in seconds."""


class Credentials:
    """Requests and reuses the token; at most one request for a token runs at a time."""

    def __init__(self, settings: TeamsSettings) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None
        self._token: _Token | None = None
        self._lock = asyncio.Lock()

    def use(self, session: aiohttp.ClientSession | None) -> None:
        """Set the session to ask with; None when there is none any more."""
        self._session = session

    async def authorization(self) -> str:
        """Return the Authorization header (``Bearer …``), empty where no token is wanted. Raises ``SettingsError`` for
        what only the operator can mend, and ``Unavailable``."""
        if self._settings.auth == "anonymous":
            return ""
        token = self._token
        if token is None or time.monotonic() >= token.until:
            token = await self._renew(token)
        return token.header

    def refused(self, authorization: str) -> None:
        """Forget a token that the connector refused, so that the next one is new. A newer token stays."""
        if self._token is not None and authorization == self._token.header:
            self._token = None

    async def _renew(self, old: _Token | None) -> _Token:
        async with self._lock:
            if self._token is not None and self._token is not old and time.monotonic() < self._token.until:
                return self._token  # another caller was quicker
            self._token = await self._ask()
            return self._token

    async def _ask(self) -> _Token:
        if self._session is None:
            raise Unavailable("the Teams adapter is not connected")
        if self._settings.kind == "UserAssignedMSI":
            url, headers, form = self._identity_request()
        else:
            url, headers, form = self._secret_request()
        asked = time.monotonic()
        try:
            async with self._session.request(
                "GET" if form is None else "POST", url, headers=headers, data=form, allow_redirects=False
            ) as response:
                status, raw = response.status, await bounded(response, _MAX_ANSWER)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable(f"no token for the connector: {type(error).__name__}") from error
        if form is None and status in (404, 410):
            raise Unavailable(f"no token for the connector: HTTP {status}")  # the identity's endpoint is being renewed
        return _token(object_in(raw) or {}, status, asked, by_identity=form is None)

    def _secret_request(self) -> tuple[str, dict[str, str], dict[str, str]]:
        settings = self._settings
        tenant = settings.app_tenant_id if settings.kind == "SingleTenant" else settings.endpoints.tenant
        assert settings.app_password is not None
        form = {
            "grant_type": "client_credentials",
            "client_id": settings.app_id or "",
            "client_secret": settings.app_password.get_secret_value(),
            "scope": f"{settings.endpoints.resource}/.default",
        }
        return f"{settings.login_url.rstrip('/')}/{quote(tenant or '')}{_PATH}", {}, form

    def _identity_request(self) -> tuple[str, dict[str, str], None]:
        settings = self._settings
        query = f"resource={quote(settings.endpoints.resource, safe='')}&client_id={quote(settings.app_id or '')}"
        if settings.identity_endpoint is not None and settings.identity_header is not None:
            headers = {"X-IDENTITY-HEADER": settings.identity_header.get_secret_value()}
            return f"{settings.identity_endpoint}?api-version=2019-08-01&{query}", headers, None
        return f"{_VIRTUAL_MACHINE}?api-version=2018-02-01&{query}", {"Metadata": "true"}, None


def _token(answer: Json, status: int, asked: float, *, by_identity: bool) -> _Token:
    value = text(answer, "access_token")
    if status != 200 or not value:
        raise _failure(answer, status, by_identity=by_identity)
    life = _life(answer)
    return _Token(f"Bearer {value}", asked + max(0.0, life - min(_EARLY, life / 5)))


def _life(answer: Json) -> float:
    """Return the seconds that a token lives. App Service gives only its end, by the wall clock."""
    try:
        if "expires_in" in answer:
            return float(answer["expires_in"])
        return float(answer.get("expires_on") or 0) - time.time()
    except (TypeError, ValueError):
        return 0.0


def _failure(answer: Json, status: int, *, by_identity: bool) -> Exception:
    if status >= 500 or status in (408, 429):
        return Unavailable(f"no token for the connector: HTTP {status}")
    codes = answer.get("error_codes")
    for code in codes if isinstance(codes, list) else ():
        if code in _FIXES:
            return SettingsError(f"{_FIXES[code]} (AADSTS{code})")
    why = f"{text(answer, 'error') or f'HTTP {status}'}: {text(answer, 'error_description')}"[:200]
    check = (
        "TEAMS_APP_ID (is it a managed identity of this machine?)"
        if by_identity
        else "TEAMS_APP_ID, TEAMS_APP_PASSWORD"
    )
    return SettingsError(f"{check}: no token for the connector: {why}")


def as_forbidden(error: SettingsError) -> Forbidden:
    """Return a settings error as the ``Forbidden`` that a send raises."""
    return Forbidden(str(error))
