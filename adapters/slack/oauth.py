"""Slack's OAuth: exchanges the code of an installation, and refresh tokens, for bot tokens.

https://docs.slack.dev/authentication/installing-with-oauth and .../using-token-rotation; both exchanges are the method
oauth.v2.access.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode, urljoin

from adapters.fields import Json, text
from adapters.slack.api import SlackHttp
from adapters.slack.manifest import SCOPES
from gateway.errors import Rejected

_METHOD = "oauth.v2.access"


class Tokens(NamedTuple):
    """What oauth.v2.access gives out."""

    token: str
    refresh_token: str
    """Empty where token rotation is off."""
    expires_at: float | None
    """In seconds since the epoch; None where token rotation is off."""
    asked_at: float
    """When they were asked for, in seconds since the epoch."""
    answer: Json
    """The whole answer."""


class OAuth:
    """Calls oauth.v2.access as the app, by its client id and secret."""

    def __init__(self, http: SlackHttp, client_id: str, client_secret: str, *, now: Callable[[], float]) -> None:
        """``now`` returns the time in seconds since the epoch."""
        self._http = http
        self._client_id = client_id
        credentials = b64encode(f"{client_id}:{client_secret}".encode()).decode()
        self._authorization = f"Basic {credentials}"
        self._now = now

    def authorize_url(self, *, state: str, redirect_uri: str, team: str = "") -> str:
        """Return the address at which a person installs the app: at slack.com, or where else the API is (GovSlack).
        ``team`` is a workspace to propose."""
        query = {
            "client_id": self._client_id,
            "scope": ",".join(scope.name for scope in SCOPES),
            "redirect_uri": redirect_uri,
            "state": state,
            **({"team": team} if team else {}),
        }
        return f"{urljoin(self._http.url, '../oauth/v2/authorize')}?{urlencode(query)}"

    async def exchange(self, code: str, *, redirect_uri: str) -> Tokens:
        """Return what the code of an installation is worth. Raises what a call raises, and ``Rejected`` for an answer
        without a bot token."""
        return await self._access({"code": code, "redirect_uri": redirect_uri})

    async def refresh(self, refresh_token: str) -> Tokens:
        """Return new tokens for a refresh token. Raises what a call raises."""
        return await self._access({"grant_type": "refresh_token", "refresh_token": refresh_token})

    async def _access(self, form: Mapping[str, str]) -> Tokens:
        asked = self._now()
        answer = (await self._http.post(_METHOD, form, authorization=self._authorization)).data
        token = text(answer, "access_token")
        if not token or text(answer, "token_type") not in ("", "bot"):
            raise Rejected(f"{_METHOD}: Slack gave out no bot token")
        return Tokens(token, text(answer, "refresh_token"), _end(answer, asked), asked, answer)


def _end(answer: Mapping[str, Any], asked: float) -> float | None:
    life = answer.get("expires_in")
    return asked + float(life) if isinstance(life, int | float) and life > 0 else None
