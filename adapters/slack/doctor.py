"""What ``gateway doctor`` looks at in Slack: the tokens, the scopes of the manifest, the clock, the webhook.

Slack tells who a token belongs to (auth.test), its scopes (a header of that answer) and whether an app token opens
connections. It does not tell a bot which events its app listens to or what its request URL is.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Mapping

from pydantic import SecretStr
from slack_sdk.proxy_env_variable_loader import load_http_proxy_from_env

from adapters.fields import obj, text
from adapters.slack.manifest import EVENTS, REQUIRED, SCOPES
from adapters.slack.settings import SlackSettings
from gateway.adapter import (
    Check,
    CheckStatus,
    Diagnosis,
    DiagnosisContext,
    Finding,
    Probe,
    Reply,
    SharedReply,
    after,
    ask,
    clock_by_header,
)
from gateway.errors import Unavailable
from gateway.settings import PlatformSettings

_APPS = "https://api.slack.com/apps"
_PATH = "/slack/events"
_SECRET = re.compile(r"[0-9a-f]{32}")
"""What Slack's signing secrets look like."""
_KINDS = {
    "xoxb-": "a bot token",
    "xoxp-": "a user token",
    "xapp-": "an app-level token",
    "xoxe": "a configuration or refresh token",
}
_COPY_IT = "copy the Bot User OAuth Token (xoxb-...) from the page OAuth & Permissions"
_MAKE_IT = "make an app-level token (xapp-...) with the scope connections:write on the page Basic Information"
_REASONS = {
    "account_inactive": "the app was uninstalled, or the workspace is gone: install the app again and",
    "token_revoked": "the token was revoked: install the app again and",
    "token_expired": "the token has expired (token rotation is on): switch the rotation off, or",
    "invalid_auth": "Slack does not know the token:",
}


def diagnosis(settings: PlatformSettings, context: DiagnosisContext) -> Diagnosis:
    """Return what can be looked at with these settings."""
    assert isinstance(settings, SlackSettings)
    return _Doctor(settings, context).diagnosis()


class _Doctor:
    """Looks at one workspace's installation of the app. All checks share one answer to auth.test."""

    def __init__(self, settings: SlackSettings, context: DiagnosisContext) -> None:
        self._settings = settings
        self._public_url = context.public_url
        self._url = settings.api_url.rstrip("/")
        self._me = SharedReply(lambda: self._call("auth.test", _plain(settings.bot_token)))
        self._challenge = ""

    def diagnosis(self) -> Diagnosis:
        """Return the checks, and the probe where Slack sends over HTTP."""
        checks = (
            Check("slack.bot_token", self._bot_token),
            self._if_reached(Check("slack.scopes", self._scopes)),
            Check("slack.app_token", self._app_token),
            Check("slack.signing_secret", self._signing_secret),
            Check("slack.events", self._events),
            self._if_reached(Check("slack.clock", self._clock)),
        )
        probes = (Probe("slack.webhook", _PATH, self._request, self._judge),)
        return Diagnosis(checks, probes if self._settings.signing_secret is not None else ())

    def _if_reached(self, check: Check) -> Check:
        return check if self._installable else after(self._me, check, named="slack.bot_token")

    async def _call(self, method: str, token: str, **form: str) -> Reply:
        headers = {"Authorization": f"Bearer {token}"}
        return await ask("POST", f"{self._url}/{method}", headers=headers, data=form, proxy=load_http_proxy_from_env())

    @property
    def _installable(self) -> bool:
        """Whether there is no bot token, because many workspaces install the app."""
        return self._settings.bot_token is None and self._settings.client_id is not None

    async def _app(self) -> str:
        """Return the id of the app that the bot token belongs to; empty where Slack does not tell it."""
        if self._installable:
            return ""
        bot = text((await self._me.get()).json, "bot_id")
        if not bot:
            return ""
        try:
            told = await self._call("bots.info", _plain(self._settings.bot_token), bot=bot)
        except Unavailable:
            return ""
        return text(obj(told.json, "bot"), "app_id")

    async def _page(self, name: str) -> str:
        try:
            app = await self._app() or _app_of(_plain(self._settings.app_token))
        except Unavailable:
            app = _app_of(_plain(self._settings.app_token))
        return f"{_APPS}/{app}/{name}" if app else _APPS

    async def _bot_token(self) -> Finding:
        if self._installable:
            return Finding("skipped", "workspaces install the app at /slack/install: each has a token of its own")
        token = _plain(self._settings.bot_token)
        kind = _kind(token)
        if kind != "a bot token":
            swapped = kind == "an app-level token" and _kind(_plain(self._settings.app_token)) == "a bot token"
            fix = "SLACK_BOT_TOKEN and SLACK_APP_TOKEN are swapped: exchange them" if swapped else _COPY_IT
            return Finding("fail", f"SLACK_BOT_TOKEN is {kind}, no bot token", fix, await self._page("oauth"))
        told = await self._me.get()
        if told.json.get("ok") is not True:
            return await self._refusal(told, "SLACK_BOT_TOKEN", _COPY_IT, "oauth")
        me = told.json
        return Finding("ok", f"the bot @{text(me, 'user')} in the workspace {text(me, 'team')} ({text(me, 'team_id')})")

    async def _refusal(self, told: Reply, name: str, fix: str, page: str) -> Finding:
        code = text(told.json, "error")
        if not code:
            return Finding("fail", f"Slack answers HTTP {told.status}", "try again later: https://status.slack.com")
        if code == "ratelimited" or told.status == 429:
            return Finding("warn", "Slack asks to wait (rate limit)", "run the doctor again in a minute")
        why = f"{_REASONS[code]} {fix}" if code in _REASONS else fix
        return Finding("fail", f"Slack refuses {name}: {code}", why, await self._page(page))

    async def _scopes(self) -> Finding:
        if self._installable:
            return Finding("skipped", "every installation asks for all scopes of the manifest")
        told = await self._me.get()
        given = told.headers.get("x-oauth-scopes")
        if told.json.get("ok") is not True or given is None:
            return Finding("skipped", "Slack did not tell the token's scopes")
        has = {each.strip() for each in given.split(",")}
        missing = [scope for scope in SCOPES if scope.name not in has]
        if not missing:
            return Finding("ok", f"all {len(SCOPES)} scopes of the manifest")
        missing.sort(key=lambda scope: scope.name not in REQUIRED)
        lost = "; ".join(f"{scope.name} ({scope.why})" for scope in missing)
        status: CheckStatus = "fail" if any(scope.name in REQUIRED for scope in missing) else "warn"
        fix = "add them under Bot Token Scopes, or by the manifest of `gateway manifest slack`; then reinstall the app"
        return Finding(status, f"without {lost}", fix, await self._page("oauth"))

    async def _app_token(self) -> Finding:
        token = _plain(self._settings.app_token)
        if not token:
            return Finding("skipped", "SLACK_APP_TOKEN is not set: Slack sends over HTTP, not by Socket Mode")
        if _kind(token) != "an app-level token":
            return Finding("fail", f"SLACK_APP_TOKEN is {_kind(token)}, no app-level token", _MAKE_IT, f"{_APPS}")
        told = await self._call("apps.connections.open", token)
        if told.json.get("ok") is not True:
            return await self._refusal(told, "SLACK_APP_TOKEN", _MAKE_IT, "general")
        try:
            app = await self._app()
        except Unavailable:
            app = ""
        if app and _app_of(token) and app != _app_of(token):
            found = f"SLACK_APP_TOKEN is of the app {_app_of(token)}, SLACK_BOT_TOKEN of {app}"
            return Finding("fail", found, "take both tokens from one app", f"{_APPS}/{app}/general")
        return Finding("ok", "Slack opens connections for Socket Mode")

    async def _signing_secret(self) -> Finding:
        secret = _plain(self._settings.signing_secret)
        if not secret:
            return Finding("skipped", "SLACK_SIGNING_SECRET is not set: Slack sends by Socket Mode, not over HTTP")
        if _SECRET.fullmatch(secret):
            return Finding("ok", "it looks like one; whether it is the app's own shows when Slack sends something")
        what = (
            f"is {_kind(secret)}" if secret.startswith("xo") or secret.startswith("xapp") else "does not look like one"
        )
        fix = "copy the Signing Secret (32 hexadecimal digits) from the page Basic Information, not the Client Secret"
        return Finding("fail", f"SLACK_SIGNING_SECRET {what}", fix, await self._page("general"))

    async def _events(self) -> Finding:
        events = f"{len(EVENTS)} events of the manifest (docs/slack.md)"
        if self._settings.signing_secret is None:
            fix = f"see that Socket Mode is on, and that the app listens to the {events}"
        else:
            url = f"{self._public_url or 'https://YOUR-HOST'}{_PATH}"
            fix = f"see that the request URL is {url} and verified, and that the app listens to the {events}"
        found = "Slack does not tell which events the app listens to"
        return Finding("skipped", found, fix, await self._page("event-subscriptions"))

    async def _clock(self) -> Finding:
        told = await self._me.get()
        return clock_by_header(told, "Slack")

    def _request(self) -> tuple[Mapping[str, str], bytes]:
        """Return a request as Slack makes it when a request URL is entered: it asks for its challenge back."""
        self._challenge = secrets.token_hex(16)
        # A letter of two bytes and blanks, which a proxy that rewrites bodies would write in another way.
        body = b'{"type":  "url_verification",  "challenge": "%b", "note": "\xc3\xbc"}' % self._challenge.encode()
        at = str(int(time.time()))
        mac = hmac.new(
            _plain(self._settings.signing_secret).encode(), b"v0:%b:%b" % (at.encode(), body), hashlib.sha256
        )
        headers = {
            "Content-Type": "application/json",
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": f"v0={mac.hexdigest()}",
        }
        return headers, body

    def _judge(self, answer: Reply) -> Finding:
        if answer.status == 200 and text(answer.json, "challenge") == self._challenge:
            return Finding("ok", f"a request signed like Slack's is taken at {_PATH}")
        if answer.status == 401:
            fix = "restart the gateway with this SLACK_SIGNING_SECRET, and see that its clock is right"
            return Finding("fail", f"{_PATH} does not accept the signature", fix)
        if answer.status in (404, 405):
            return Finding(
                "fail",
                f"{_PATH} is not served (HTTP {answer.status})",
                "start the gateway with SLACK_SIGNING_SECRET set",
            )
        return Finding(
            "fail", f"{_PATH} answers HTTP {answer.status}, and not with the challenge", "see the gateway's log"
        )


def _plain(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value()


def _kind(token: str) -> str:
    found = next((kind for prefix, kind in _KINDS.items() if token.startswith(prefix)), None)
    return found or "no token of Slack's"


def _app_of(app_token: str) -> str:
    """Return the app's id in an app-level token (``xapp-1-A0123456789-…``); empty where there is none."""
    parts = app_token.split("-")
    return parts[2] if len(parts) > 3 and parts[0] == "xapp" and re.fullmatch(r"A[A-Z0-9]+", parts[2]) else ""
