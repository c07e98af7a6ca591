"""Installs the app by OAuth: the page at which a person allows it, the exchange of codes and refresh tokens, removal.

https://docs.slack.dev/authentication/installing-with-oauth, .../using-token-rotation, and for organisations
https://docs.slack.dev/enterprise/organization-ready-apps.
"""

import secrets
import time
from base64 import b64decode
from dataclasses import dataclass
from html import escape
from typing import Literal
from urllib.parse import urlencode

from aiohttp import web

from gateway.emulators.common.values import JSON
from gateway.emulators.slack.args import string
from gateway.emulators.slack.events import Events
from gateway.emulators.slack.values import DEFAULT_SCOPES, ApiError
from gateway.emulators.slack.world import Org, Team, World

TOKEN_LIFE = 43_200
"""Seconds that a token lives with token rotation."""
CODE_LIFE = 600
"""Seconds for which a code can be exchanged."""


@dataclass(slots=True)
class _Code:
    where: Team | Org
    redirect_uri: str
    scopes: set[str]
    at: float
    used: bool = False


@dataclass(slots=True)
class _Refresh:
    where: Team | Org
    scopes: set[str]


class OAuth:
    """The app's side of OAuth at Slack.

    ``rotation``: whether tokens expire. ``keeps_refresh_token``: whether a refresh token stays valid until the token it
    got is used for the first time, which is how a lost answer can be made good.
    """

    def __init__(self, world: World, events: Events) -> None:
        self._world = world
        self._events = events
        self.client_id = "1234567890.0987654321"
        self.client_secret = secrets.token_hex(16)
        self.redirect_uris: set[str] = set()
        """The addresses registered for the app; a longer one that begins with one of them is accepted as well."""
        self.rotation = False
        self.keeps_refresh_token = False
        self._codes: dict[str, _Code] = {}
        self._refresh: dict[str, _Refresh] = {}
        self._issued: dict[str, set[str]] = {}
        """The tokens of each workspace or organisation, by its id."""

    # -- the pages

    def page(self, request: web.BaseRequest) -> web.Response:
        """Answer ``GET /oauth/v2/authorize``: a page with a link for each place to install the app in, and one to
        cancel."""
        query = request.query
        if query.get("client_id") != self.client_id:
            return web.Response(status=400, text="invalid_client_id")
        if not self._registered(query.get("redirect_uri", "")):
            return web.Response(status=400, text="bad_redirect_uri")
        asked = set(query.get("scope", "").split(","))
        if not asked <= DEFAULT_SCOPES:
            return web.Response(status=400, text="invalid_scope")
        base = dict(query)
        links = [("Cancel", urlencode({**base, "decision": "cancel"}))]
        links += [(f"Allow in {id}", urlencode({**base, "decision": id})) for id in self._places()]
        items = "".join(
            f'<li><a href="/oauth/v2/decide?{escape(link)}">{escape(label)}</a></li>' for label, link in links
        )
        return web.Response(text=f"<h1>Gateway wants to be installed</h1><ul>{items}</ul>", content_type="text/html")

    def _places(self) -> list[str]:
        return [*self._world.teams, *self._world.orgs]

    def decide(self, request: web.BaseRequest) -> web.Response:
        """Answer ``GET /oauth/v2/decide``, the links of the page: sends the browser back to the app."""
        query = request.query
        redirect_uri, decision = query.get("redirect_uri", ""), query.get("decision", "")
        told = {"state": query.get("state", "")}
        if decision == "cancel":
            told["error"] = "access_denied"
        else:
            told["code"] = self.allow(decision, redirect_uri, set(query.get("scope", "").split(",")))
        return web.Response(status=302, headers={"Location": f"{redirect_uri}?{urlencode(told)}"})

    def allow(self, where: str, redirect_uri: str, scopes: set[str] | None = None) -> str:
        """Let a person install the app in a workspace or an organisation, and return the code."""
        place = self._world.orgs.get(where) or self._world.teams[where]
        code = secrets.token_hex(20)
        granted = set(DEFAULT_SCOPES) if scopes is None else scopes
        self._codes[code] = _Code(place, redirect_uri, granted, time.monotonic())
        return code

    def _registered(self, uri: str) -> bool:
        return any(uri.startswith(known) for known in self.redirect_uris)

    # -- oauth.v2.access

    def access(self, request: web.BaseRequest, args: JSON) -> JSON:
        """Answer ``oauth.v2.access``. Raises ``ApiError``."""
        id, secret = _credentials(request, args)
        if id != self.client_id:
            raise ApiError("invalid_client_id")
        if secret != self.client_secret:
            raise ApiError("bad_client_secret")
        if string(args, "grant_type") == "refresh_token":
            return self._refreshed(string(args, "refresh_token") or "")
        return self._exchanged(string(args, "code") or "", string(args, "redirect_uri") or "")

    def _exchanged(self, given: str, redirect_uri: str) -> JSON:
        code = self._codes.get(given)
        if code is None or time.monotonic() - code.at > CODE_LIFE:
            raise ApiError("invalid_code")
        if code.used:
            raise ApiError("code_already_used")
        if redirect_uri != code.redirect_uri:
            raise ApiError("bad_redirect_uri")
        code.used = True
        for team in _teams(code.where):
            team.installed, team.org_wide = True, isinstance(code.where, Org)
        return self._answer(code.where, code.scopes)

    def _refreshed(self, given: str) -> JSON:
        refresh = self._refresh.get(given)
        if refresh is None:
            raise ApiError("invalid_refresh_token")
        if not self.keeps_refresh_token:
            del self._refresh[given]
        answer = self._answer(refresh.where, refresh.scopes)
        if self.keeps_refresh_token:
            self._world.first_use[answer["access_token"]] = lambda: self._refresh.pop(given, None)
        return answer

    def _answer(self, where: Team | Org, scopes: set[str]) -> JSON:
        bot = _teams(where)[0].bot
        token = f"{'xoxe.' if self.rotation else ''}xoxb-{secrets.token_hex(20)}"
        self._give(token, where, scopes)
        org = where if isinstance(where, Org) else self._world.orgs.get(where.enterprise or "")
        answer: JSON = {
            "ok": True,
            "access_token": token,
            "token_type": "bot",
            "scope": ",".join(sorted(scopes)),
            "bot_user_id": bot.id,
            "app_id": self._world.app_id,
            "team": None if isinstance(where, Org) else {"id": where.id, "name": where.name},
            "enterprise": None if org is None else {"id": org.id, "name": org.name},
            "authed_user": {"id": "U0ADA"},
            "is_enterprise_install": isinstance(where, Org),
        }
        if self.rotation:
            refresh = f"xoxe-1-{secrets.token_hex(20)}"
            self._refresh[refresh] = _Refresh(where, scopes)
            answer |= {"refresh_token": refresh, "expires_in": TOKEN_LIFE}
        return answer

    def _give(self, token: str, where: Team | Org, scopes: set[str]) -> None:
        if isinstance(where, Org):
            self._world.org_tokens[token] = where
        else:
            self._world.tokens[token] = where
        for team in _teams(where):
            team.scopes = set(scopes)
        self._issued.setdefault(where.id, set()).add(token)

    # -- what happens to tokens

    def expire(self, where: str) -> None:
        """Let the tokens of a workspace or organisation end now, as they do after twelve hours."""
        self._revoke(where, "token_expired")

    def uninstall(self, where: str, *, tell: Literal["both", "revoked", "uninstalled", "nobody"] = "both") -> None:
        """Remove the app from a workspace or an organisation, as an administrator does, and send the events."""
        self._revoke(where, "account_inactive")
        place = self._world.orgs.get(where) or self._world.teams[where]
        for id in [id for id, refresh in self._refresh.items() if refresh.where is place]:
            del self._refresh[id]
        team = _teams(place)[0]
        ts = self._world.clock.ts()
        if tell in ("both", "uninstalled"):
            self._events.emit(team, {"type": "app_uninstalled", "event_ts": ts}, needs="app_uninstalled")
        if tell in ("both", "revoked"):
            tokens: JSON = {"oauth": [], "bot": [team.bot.id]}
            event: JSON = {"type": "tokens_revoked", "tokens": tokens, "event_ts": ts}
            self._events.emit(team, event, needs="tokens_revoked")
        for each in _teams(place):
            each.installed = False

    def _revoke(self, where: str, code: str) -> None:
        for token in self._issued.pop(where, set()):
            self._world.tokens.pop(token, None)
            self._world.org_tokens.pop(token, None)
            self._world.ended[token] = code
        team = self._world.teams.get(where)
        if team is not None and self._world.tokens.pop(team.bot_token, None) is not None:
            self._world.ended[team.bot_token] = code


def _teams(where: Team | Org) -> list[Team]:
    return where.teams if isinstance(where, Org) else [where]


def _credentials(request: web.BaseRequest, args: JSON) -> tuple[str, str]:
    header = request.headers.get("Authorization", "")
    if header[:6].lower() == "basic ":
        id, _, secret = b64decode(header[6:]).decode().partition(":")
        return id, secret
    return string(args, "client_id") or "", string(args, "client_secret") or ""
