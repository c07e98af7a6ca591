"""Slack's Web API: one client over one shared HTTP session, every failure already one of ours."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import aiohttp
import orjson
import structlog
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.envelope import Me
from adapters.slack.errors import BAD_TOKEN, code_of, translate
from gateway.errors import PlatformError, SettingsError, Unavailable

TIMEOUT = 30.0
"""Seconds for one API call; uploads and downloads have their own."""

log = structlog.get_logger(__name__)


class SlackApi:
    """Calls methods by name. Retries nothing: that is the sender's."""

    def __init__(self, token: str, api_url: str) -> None:
        self._token = token
        self._url = api_url if api_url.endswith("/") else f"{api_url}/"
        self._session: aiohttp.ClientSession | None = None
        self._client: AsyncWebClient | None = None
        self.scopes: frozenset[str] | None = None
        """What the token may do; None until Slack has said so."""
        self._noted: set[str] = set()

    @property
    def url(self) -> str:
        """Where the API is, with a slash at the end."""
        return self._url

    @property
    def token(self) -> str:
        """The bot token."""
        return self._token

    @property
    def session(self) -> aiohttp.ClientSession:
        """The process's one HTTP session. Raises ``Unavailable`` while not connected."""
        if self._session is None:
            raise Unavailable("the Slack adapter is not connected")
        return self._session

    @property
    def client(self) -> AsyncWebClient:
        """The SDK's client over that session. Raises ``Unavailable`` while not connected."""
        if self._client is None:
            raise Unavailable("the Slack adapter is not connected")
        return self._client

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Hold the session."""
        session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=TIMEOUT, connect=10),
            json_serialize=lambda value: orjson.dumps(value).decode(),
        )
        async with session:
            self._session = session
            # An empty list of handlers: the default one re-sends after a lost connection, without looking first.
            self._client = AsyncWebClient(
                token=self._token, base_url=self._url, session=session, timeout=int(TIMEOUT), retry_handlers=[]
            )
            try:
                yield
            finally:
                self._session = self._client = None

    async def call(self, method: str, body: Mapping[str, Any], *, channel: str = "") -> dict[str, Any]:
        """POST JSON; the answer's body. Raises our errors; ``channel`` joins the name of the rate-limit bucket."""
        try:
            response = await self.client.api_call(method, json=cast(dict[str, Any], body))
        except Exception as error:
            raise translate(error, method, channel=channel) from error
        return cast(dict[str, Any], response.data)

    async def query(self, method: str, **arguments: Any) -> dict[str, Any]:
        """POST a form, for the methods that take no JSON; None is left out."""
        data = {name: value for name, value in arguments.items() if value is not None}
        try:
            response = await self.client.api_call(method, data=data)
        except Exception as error:
            raise translate(error, method) from error
        return cast(dict[str, Any], response.data)

    async def identify(self) -> Me:
        """auth.test. Raises ``SettingsError`` for a token that can never work."""
        try:
            response = await self.client.api_call("auth.test")
        except Exception as error:
            if code_of(error) in BAD_TOKEN:
                raise SettingsError(
                    f"SLACK_BOT_TOKEN: Slack says {code_of(error)}; copy the Bot User OAuth Token (xoxb-...) from "
                    "the app's page OAuth & Permissions"
                ) from None
            raise translate(error, "auth.test") from error
        data = cast(dict[str, Any], response.data)
        headers = {name.lower(): value for name, value in response.headers.items()}
        if "x-oauth-scopes" in headers:
            self.scopes = frozenset(scope.strip() for scope in headers["x-oauth-scopes"].split(",") if scope.strip())
        return Me(str(data.get("team_id") or ""), str(data.get("user_id") or ""), str(data.get("bot_id") or ""))

    def may(self, scope: str) -> bool:
        """Whether the token has a scope; True while that is not known."""
        return self.scopes is None or scope in self.scopes

    def note(self, what: str, **fields: Any) -> None:
        """Log something once per process: a feature that is not there is no news the second time."""
        if what not in self._noted:
            self._noted.add(what)
            log.warning("slack_degraded", what=what, **fields)


def quiet(error: PlatformError) -> str:
    """One line for a log."""
    return f"{type(error).__name__}: {error}"[:300]
