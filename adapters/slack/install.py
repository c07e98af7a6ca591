"""Serves ``GET /slack/install`` and ``GET /slack/oauth_redirect``: people install the app in their workspaces.

Pages say what to do next in plain words. No token and no code is in any page, address or log.
"""

from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple
from urllib.parse import urlsplit

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from adapters.fields import Json, obj, text
from adapters.slack.api import SlackApi, SlackHttp, quiet
from adapters.slack.errors import code_of
from adapters.slack.install_pages import page
from adapters.slack.install_state import VALID, InstallStates
from adapters.slack.installation import Installation
from adapters.slack.installations import Installations
from adapters.slack.oauth import OAuth, Tokens
from adapters.slack.rotation import Rotation
from adapters.slack.tokens import FixedToken
from gateway.adapter import BotIdentity
from gateway.errors import (
    AnotherBot,
    Fenced,
    PlatformError,
    RateLimited,
    Rejected,
    SettingsError,
    StoreFailed,
    Unavailable,
)

INSTALL = "/slack/install"
"""The path at which an installation begins."""
REDIRECT = "/slack/oauth_redirect"
"""The path to which Slack sends the person back."""
_COOKIE = "gateway_slack_install"
_LONGEST = 4_096
"""Characters of the longest parameter that is looked at."""
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_OURS = frozenset({"invalid_client_id", "bad_client_secret", "bad_redirect_uri", "invalid_scope", "no_scopes"})
"""Slack's error codes for what the operator of the app has to mend."""

log = structlog.get_logger(__name__)


class _Failed(Exception):
    """An installation that does not go on: the status and the words of the page."""

    def __init__(self, status: int, title: str, words: str) -> None:
        super().__init__(title)
        self.status, self.title, self.words = status, title, words


class Parts(NamedTuple):
    """What installing works with."""

    http: SlackHttp
    oauth: OAuth
    states: InstallStates
    installations: Installations
    rotation: Rotation
    identity: BotIdentity | None
    public_url: str
    """The address of the gateway, without a slash at its end."""


class InstallRoutes:
    """The two routes of an installation."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._redirect_uri = f"{parts.public_url}{REDIRECT}"
        self._path = urlsplit(parts.public_url).path.rstrip("/") + "/slack"
        self._secure = parts.public_url.startswith("https:")

    def routes(self) -> list[Route]:
        """Return the routes of an installation: where it begins, and where Slack sends the person back."""
        return [
            Route(INSTALL, self._install, methods=["GET"], name="slack_install"),
            Route(REDIRECT, self._complete, methods=["GET"], name="slack_oauth_redirect"),
        ]

    async def _install(self, request: Request) -> Response:
        """Send the person on to Slack, as the Marketplace asks of such an address. Nothing is stored."""
        begun = self._parts.states.begin()
        team = request.query_params.get("team", "")
        onward = self._parts.oauth.authorize_url(
            state=begun.state,
            redirect_uri=self._redirect_uri,
            team=team if team.isalnum() and team.isascii() and len(team) < 30 else "",
        )
        response = RedirectResponse(onward, status_code=302, headers=_HEADERS)
        self._set_cookie(response, begun.browser, VALID)
        return response

    def _set_cookie(self, response: Response, value: str, seconds: int) -> None:
        response.set_cookie(
            _COOKIE, value, max_age=seconds, path=self._path, secure=self._secure, httponly=True, samesite="lax"
        )

    async def _complete(self, request: Request) -> Response:
        try:
            installed = await self._installed(request)
        except _Failed as failure:
            return self._page(failure.status, failure.title, failure.words, again=True)
        except (RateLimited, Unavailable, StoreFailed, Fenced, TimeoutError) as error:
            log.warning("slack.install_failed", error=str(error)[:300])
            words = "Slack or this bot cannot be reached right now. Nothing was installed here; please try again soon."
            return self._page(503, "Not now", words, again=True)
        log.info("slack.installed", workspace=installed.id, name=installed.name[:80], org_wide=installed.org_wide)
        response = self._done(installed)
        self._set_cookie(response, "", 0)
        return response

    def _done(self, installed: Installation) -> HTMLResponse:
        name = installed.name or installed.id
        if installed.org_wide:
            words = (
                f"The app is installed in the organisation {name}. An administrator now chooses the workspaces it is "
                "in, in the organisation's settings under Integrations."
            )
            return self._page(200, "Installed", words)
        words = f"The app is installed in {name}. Invite it to a channel and mention it, or write to it directly."
        return self._page(200, "Installed", words, link=f"slack://app?team={installed.id}&id={installed.app}")

    def _page(self, status: int, title: str, words: str, *, again: bool = False, link: str = "") -> HTMLResponse:
        url = f"{self._parts.public_url}{INSTALL}" if again else link
        label = "Start again" if again else "Open Slack"
        return HTMLResponse(page(title, words, link=url, label=label), status, headers=_HEADERS)

    async def _installed(self, request: Request) -> Installation:
        """Complete an installation. Raises ``_Failed`` for what a person has to be told."""
        given = {name: request.query_params.get(name, "") for name in ("state", "code", "error")}
        if any(len(value) > _LONGEST for value in given.values()):
            raise _Failed(400, "Not installed", "The address is too long to be one of Slack's.")
        wrong = await self._parts.states.use(given["state"], _browser(request))
        if wrong is not None:
            raise _Failed(400, "Not installed", f"{wrong} Please start again, and finish in the same browser.")
        if given["error"] == "access_denied":
            raise _Failed(403, "Not installed", "The installation was cancelled in Slack. Nothing was changed.")
        if given["error"] or not given["code"]:
            raise _Failed(400, "Not installed", "Slack did not install the app. Please start again.")
        try:
            tokens = await self._parts.oauth.exchange(given["code"], redirect_uri=self._redirect_uri)
            return await self._stored(tokens)
        except (RateLimited, Unavailable):
            raise
        except (PlatformError, SettingsError) as error:
            raise _refusal(error) from error

    async def _stored(self, tokens: Tokens) -> Installation:
        """Store what Slack gave out, and return it. Two installations of one workspace at once leave one."""
        parts, answer = self._parts, tokens.answer
        me = await SlackApi(parts.http, FixedToken(tokens.token)).identify()
        app = text(answer, "app_id")
        if parts.identity is not None and app:
            await parts.identity.confirm("slack", app, name=me.name)
        org_wide = answer.get("is_enterprise_install") is True
        where = obj(answer, "enterprise" if org_wide else "team")
        if not text(where, "id"):
            raise Rejected("oauth.v2.access: Slack named no workspace")
        installation = Installation(
            id=text(where, "id"),
            name=text(where, "name"),
            org_wide=org_wide,
            app=app,
            user=text(answer, "bot_user_id") or me.user,
            bot=me.bot,
            bot_name=me.name,
            scopes=_scopes(answer),
            installed_at=tokens.asked_at,
            expires_at=tokens.expires_at,
            token=tokens.token,
            refresh_token=tokens.refresh_token,
        )
        async with parts.installations.lock(installation.id):
            await parts.installations.save(installation)
            parts.rotation.drop(installation.id)
        return installation


def _scopes(answer: Json) -> frozenset[str]:
    return frozenset(scope.strip() for scope in text(answer, "scope").split(",") if scope.strip())


def _browser(request: Request) -> str:
    """Return what the browser holds of the installation that it began."""
    try:
        cookie = SimpleCookie(request.headers.get("cookie", "")).get(_COOKIE)
    except CookieError:
        return ""
    return cookie.value if cookie is not None else ""


def _refusal(error: PlatformError | SettingsError) -> _Failed:
    """Return the page for what Slack refused, or the gateway itself."""
    log.warning("slack.install_refused", error=quiet(error))
    if isinstance(error, AnotherBot):
        words = "This bot's database belongs to another app. Its operator has to mend that; the log says how."
        return _Failed(409, "Not installed", words)
    if code_of(error) in _OURS:
        words = f"Slack refuses this app ({code_of(error)}). Its operator has to mend that; the log has the reason."
        return _Failed(502, "Not installed", words)
    return _Failed(400, "Not installed", "Slack did not accept the installation, perhaps because it took too long.")
