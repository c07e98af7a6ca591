"""Slack's Web API: a client for each workspace over one shared HTTP session, with every failure as a
``gateway.errors`` type."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from urllib.parse import urlencode

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.proxy_env_variable_loader import load_http_proxy_from_env
from slack_sdk.web.internal_utils import get_user_agent

from adapters.jsons import dump, object_in
from adapters.slack.envelope import Me
from adapters.slack.errors import BAD_TOKEN, code_of, translate
from adapters.slack.tokens import TokenSource
from gateway.errors import GatewayError, PlatformError, RateLimited, SettingsError, Unavailable

_JSON = "application/json; charset=utf-8"
_FORM = "application/x-www-form-urlencoded"
TIMEOUT = 30.0
"""Seconds for one API call; uploads and downloads have time limits of their own."""

log = structlog.get_logger(__name__)


class Answer(NamedTuple):
    """An API answer, with the field names of the SDK's response, so that ``SlackApiError`` can carry it."""

    data: dict[str, Any]
    headers: Mapping[str, str]
    status_code: int


class SlackHttp:
    """The process's one HTTP session with Slack, which all workspaces share. Retries nothing (the sender does) and
    follows no redirect: tokens and people's words are for Slack alone."""

    def __init__(self, api_url: str) -> None:
        self.url = api_url if api_url.endswith("/") else f"{api_url}/"
        """The address of the API, with a slash at the end."""
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The session. Raises ``Unavailable`` while not connected."""
        if self._session is None:
            raise Unavailable("the Slack adapter is not connected")
        return self._session

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Hold the session open."""
        session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=TIMEOUT, sock_connect=10),
            headers={"User-Agent": get_user_agent()},
            cookie_jar=aiohttp.DummyCookieJar(),
            proxy=load_http_proxy_from_env(),
        )
        async with session:
            self._session = session
            try:
                yield
            finally:
                self._session = None

    async def send(self, method: str, data: aiohttp.BytesPayload, headers: Mapping[str, str]) -> Answer:
        """Send one request and return the answer, also a refusal. Raises aiohttp's errors and ``TimeoutError``. The
        SDK's ``api_call`` is not used because, measured, it costs half as much CPU again as the request."""
        async with self.session.post(self.url + method, data=data, headers=headers, allow_redirects=False) as response:
            raw = await response.read()
            return Answer(object_in(raw) or {}, response.headers, response.status)

    async def post(self, method: str, form: Mapping[str, str], *, authorization: str) -> Answer:
        """Call a method with another ``Authorization`` header than a bot's. Raises ``gateway.errors``."""
        body = aiohttp.BytesPayload(urlencode(form, errors="replace").encode(), content_type=_FORM)
        try:
            answer = await self.send(method, body, {"Authorization": authorization})
        except (aiohttp.ClientError, TimeoutError) as error:
            raise translate(error, method) from error
        if answer.data.get("ok") is not True:
            refusal = SlackApiError(f"{method} failed", answer)  # type: ignore[no-untyped-call]
            raise translate(refusal, method) from refusal
        return answer


class SlackApi:
    """Calls methods by name with the token of one workspace."""

    def __init__(self, http: SlackHttp, tokens: TokenSource) -> None:
        self._http = http
        self._tokens = tokens
        self._told_scopes: frozenset[str] | None = None
        self._noted: set[str] = set()

    @property
    def url(self) -> str:
        """The address of the API, with a slash at the end."""
        return self._http.url

    @property
    def session(self) -> aiohttp.ClientSession:
        """The process's one HTTP session. Raises ``Unavailable`` while not connected."""
        return self._http.session

    @property
    def scopes(self) -> frozenset[str] | None:
        """The scopes of the token; None until Slack has told them."""
        return self._told_scopes if self._tokens.scopes is None else self._tokens.scopes

    async def token(self) -> str:
        """Return the bot token (``xoxb-…``) that every call of Slack's Web API carries. Raises ``Forbidden`` where the
        app is not installed, ``Unavailable`` where the token cannot be had now."""
        return await self._tokens.current()

    async def call(self, method: str, body: Mapping[str, Any], *, channel: str = "") -> dict[str, Any]:
        """Call a method with a JSON body and return the answer's body. Raises ``gateway.errors``; ``channel`` becomes a
        part of the rate-limit bucket's name."""
        return (await self._post(method, dump(body), _JSON, channel, body.get("blocks") or ())).data

    async def query(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Call a method that takes a form instead of JSON; arguments that are None are left out."""
        form = {name: str(value) for name, value in arguments.items() if value is not None}
        return (await self._post(method, urlencode(form, errors="replace").encode(), _FORM, "")).data

    async def _post(self, method: str, body: bytes, kind: str, channel: str, blocks: Sequence[Any] = ()) -> Answer:
        """Send one request; once more where the token was replaced meanwhile."""
        token = await self._tokens.current()
        answer = await self._send(method, body, kind, channel, token)
        code = str(answer.data.get("error") or "")
        if code in BAD_TOKEN and await self._tokens.renewed(token, code):
            answer = await self._send(method, body, kind, channel, await self._tokens.current())
        if answer.data.get("ok") is not True:
            refusal = SlackApiError(f"{method} failed", answer)  # type: ignore[no-untyped-call]
            failure = translate(refusal, method, channel=channel, blocks=blocks, fix=self._tokens.fix)
            if isinstance(failure, RateLimited) and self._tokens.id:
                failure = RateLimited(failure.retry_after, f"{self._tokens.id}:{failure.bucket}")
            raise failure from refusal
        return answer

    async def _send(self, method: str, body: bytes, kind: str, channel: str, token: str) -> Answer:
        data = aiohttp.BytesPayload(body, content_type=kind)
        try:
            return await self._http.send(method, data, {"Authorization": f"Bearer {token}"})
        except (aiohttp.ClientError, TimeoutError) as error:
            raise translate(error, method, channel=channel) from error

    async def identify(self) -> Me:
        """Return who the bot is, by auth.test. Raises ``SettingsError`` for a token that can never work."""
        try:
            answer = await self._post("auth.test", b"", _FORM, "")
        except PlatformError as error:
            if code_of(error) in BAD_TOKEN:
                raise SettingsError(
                    f"SLACK_BOT_TOKEN: Slack says {code_of(error)}; copy the Bot User OAuth Token (xoxb-...) from "
                    "the app's page OAuth & Permissions"
                ) from None
            raise
        data, scopes = answer.data, answer.headers.get("x-oauth-scopes")
        if scopes is not None:
            self._told_scopes = frozenset(scope.strip() for scope in scopes.split(",") if scope.strip())
        return Me(*[str(data.get(name) or "") for name in ("team_id", "user_id", "bot_id", "user")])

    def may(self, scope: str) -> bool:
        """Return whether the token has a scope; True while the scopes are not known."""
        return self.scopes is None or scope in self.scopes

    def name_of(self, author: str) -> dict[str, str]:
        """Return the arguments that show a message under another author's name; empty where the app may not do that."""
        if self.may("chat:write.customize"):
            return {"username": author}
        self.note("author", fix="add the scope chat:write.customize to show other names")
        return {}

    def note(self, what: str, **fields: Any) -> None:
        """Log something once per workspace: a missing feature need not be reported a second time."""
        if what not in self._noted:
            self._noted.add(what)
            log.warning("slack.degraded", what=what, **fields)


def quiet(error: GatewayError) -> str:
    """Return an error as one line for a log."""
    return f"{type(error).__name__}: {error}"[:300]
