"""What ``gateway doctor`` looks at in Discord: the token, the intents, the sessions left, the permissions.

No session is begun: an application's flags say whether a privileged intent is switched on.
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from adapters.discord.manifest import (
    ADMINISTRATOR,
    MESSAGE_CONTENT_FLAGS,
    PERMISSIONS,
    REQUIRED,
    Need,
    bits,
    install_url,
)
from adapters.discord.settings import DiscordSettings
from adapters.fields import Json, items, obj, text
from adapters.jsons import object_in
from gateway.adapter import (
    PATIENCE,
    Check,
    Diagnosis,
    DiagnosisContext,
    Finding,
    Reply,
    SharedReply,
    after,
    ask,
    clock_by_header,
)
from gateway.errors import Unavailable
from gateway.settings import PlatformSettings

_PORTAL = "https://discord.com/developers/applications"
_AGENT = "DiscordBot (https://pypi.org/project/bot-gateway, 1)"
"""Discord refuses clients that do not name themselves in this form (API reference, *User Agent*)."""
_TOKEN = re.compile(r"[\w-]{20,}\.[\w-]{5,}\.[\w-]{20,}")
"""What bot tokens look like: three parts with dots between."""
_COPY = "copy the token from the application's page Bot (Reset Token gives a new one)"
_HELLO = 10
"""The opcode of the gateway's greeting."""
_MOST_SERVERS = 200
"""Servers that are looked at: Discord gives this many in one answer."""
_SHOWN = 5
"""Servers that are named in one line."""
_FEW_STARTS = 50
"""Sessions left for the day below which the doctor warns; a restart takes one for each shard."""


def diagnosis(settings: PlatformSettings, context: DiagnosisContext) -> Diagnosis:
    """Return what can be looked at with these settings."""
    assert isinstance(settings, DiscordSettings)
    doctor = _Doctor(settings)
    return Diagnosis(
        (
            Check("discord.bot_token", doctor.bot_token),
            doctor.if_reached(Check("discord.intents", doctor.intents)),
            Check("discord.gateway", doctor.gateway),
            doctor.if_reached(Check("discord.sessions", doctor.sessions)),
            doctor.if_reached(Check("discord.servers", doctor.servers)),
            doctor.if_reached(Check("discord.clock", doctor.clock)),
        )
    )


class _Doctor:
    """Looks at one application. Its checks share the answers they have in common."""

    def __init__(self, settings: DiscordSettings) -> None:
        self._token = settings.bot_token.get_secret_value() if settings.bot_token is not None else ""
        self._shards = settings.shards
        self._url = settings.api_url.rstrip("/")
        self._gateway = settings.gateway_url
        self._asked: dict[str, SharedReply] = {}

    def if_reached(self, check: Check) -> Check:
        """Return a check that is skipped where Discord cannot be reached, which the check of the token says."""
        return after(self._shared("/users/@me"), check, named="discord.bot_token")

    async def _get(self, path: str) -> Reply:
        """Return the answer to a GET, for which Discord is asked once."""
        return await self._shared(path).get()

    def _shared(self, path: str) -> SharedReply:
        if path not in self._asked:
            headers = {"Authorization": f"Bot {self._token}", "User-Agent": _AGENT}
            self._asked[path] = SharedReply(lambda: ask("GET", self._url + path, headers=headers))
        return self._asked[path]

    async def _page(self, name: str) -> str:
        try:
            app = text((await self._get("/applications/@me")).json, "id")
        except Unavailable:
            app = ""
        return f"{_PORTAL}/{app}/{name}" if app else _PORTAL

    async def bot_token(self) -> Finding:
        """Look at the token: its shape, and whether Discord knows it."""
        if self._token.startswith(("Bot ", "Bearer ")):
            return Finding("fail", "DISCORD_BOT_TOKEN begins with a word", "leave out 'Bot ': only the token", _PORTAL)
        told = await self._get("/users/@me")
        if told.status == 401:
            looks = "" if _TOKEN.fullmatch(self._token) else ", and it looks like none (the Client Secret? the id?)"
            return Finding("fail", f"Discord refuses DISCORD_BOT_TOKEN{looks}", _COPY, _PORTAL)
        if (problem := _trouble(told)) is not None:
            return problem
        return Finding("ok", f"the bot {text(told.json, 'username')} ({text(told.json, 'id')})")

    async def intents(self) -> Finding:
        """Look whether the privileged intent that the adapter connects with is switched on."""
        told = await self._get("/applications/@me")
        if (problem := _trouble(told)) is not None:
            return problem
        flags = told.json.get("flags")
        if not isinstance(flags, int):
            return Finding("skipped", "Discord did not tell the application's flags")
        if flags & MESSAGE_CONTENT_FLAGS:
            return Finding("ok", "the Message Content Intent is on")
        fix = "switch on Message Content Intent under Privileged Gateway Intents on the application's page Bot"
        found = "the Message Content Intent is off: Discord closes the connection with 4014"
        return Finding("fail", found, fix, await self._page("bot"))

    async def gateway(self) -> Finding:
        """Connect to the gateway and leave at its greeting: no session begins, and none is counted."""
        host = urlsplit(self._gateway).netloc
        fix = f"let the machine open websockets to {host}: firewalls and proxies often let only requests through"
        try:
            async with (
                asyncio.timeout(PATIENCE),
                aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
                session.ws_connect(f"{self._gateway}?v=10&encoding=json") as connection,
            ):
                greeting = object_in((await connection.receive_str()).encode()) or {}
        except TimeoutError:
            return Finding("fail", f"the gateway {host} gave no answer within {PATIENCE:g} s", fix)
        except (aiohttp.ClientError, TypeError, ValueError) as error:
            return Finding("fail", f"no connection to the gateway {host}: {type(error).__name__}", fix)
        if greeting.get("op") != _HELLO:
            return Finding("fail", f"what answers at {host} is no gateway of Discord's", fix)
        return Finding("ok", f"the gateway {host} takes connections")

    async def sessions(self) -> Finding:
        """Look how many sessions may begin today, and how many shards Discord recommends."""
        told = await self._get("/gateway/bot")
        if (problem := _trouble(told)) is not None:
            return problem
        limit = obj(told.json, "session_start_limit")
        left, hours = _number(limit, "remaining"), _number(limit, "reset_after") / 3_600_000
        wanted = max(1, _number(told.json, "shards"))
        held = self._shards if isinstance(self._shards, int) else wanted
        if left < held:
            fix = "see why the gateway restarts; until then Discord takes no new connection"
            return Finding("fail", f"no session may begin for {hours:.1f} h: {left} are left of the day", fix)
        if wanted > held:
            found = f"Discord recommends {wanted} shards, DISCORD_SHARDS is {held}"
            fix = f"set DISCORD_SHARDS=auto (or {wanted}): from 2,500 servers on a shard Discord insists"
            return Finding("warn", found, fix)
        if left < _FEW_STARTS:
            return Finding("warn", f"only {left} sessions may begin in the next {hours:.1f} h", "see what restarts")
        return Finding("ok", f"{left} sessions may begin today; Discord recommends {wanted} shard{'s' * (wanted != 1)}")

    async def servers(self) -> Finding:
        """Look at the permissions that the bot's roles give it in each server."""
        told = await self._get("/users/@me/guilds")
        if (problem := _trouble(told)) is not None:
            return problem
        found = items({"servers": told.body}, "servers")
        app = text((await self._get("/applications/@me")).json, "id")
        invite = install_url(app or None)
        if not found:
            return Finding("warn", "the bot is in no server: it hears direct messages at most", "invite it", invite)
        if not any("permissions" in server for server in found):
            return Finding("skipped", "Discord did not tell the permissions in the bot's servers")
        lacking = {text(server, "name"): _missing(server) for server in found}
        lacking = {name: missing for name, missing in lacking.items() if missing}
        count = f"{len(found)}{' or more' * (len(found) >= _MOST_SERVERS)} server{'s' * (len(found) != 1)}"
        if not lacking:
            return Finding("ok", f"in {count}, with all {len(PERMISSIONS)} permissions")
        named = [f"{name[:60]}: {', '.join(need.name for need in needs)}" for name, needs in lacking.items()][:_SHOWN]
        more = f"; and in {len(lacking) - _SHOWN} more" if len(lacking) > _SHOWN else ""
        severe = any(need.name in REQUIRED for needs in lacking.values() for need in needs)
        lost = {need.name: need.why for needs in lacking.values() for need in needs}
        why = "; ".join(f"{name} is to {reason}" for name, reason in lost.items())
        fix = f"give the bot's role these permissions, or open the invitation again ({why})"
        return Finding("fail" if severe else "warn", f"permissions missing in {'; '.join(named)}{more}", fix, invite)

    async def clock(self) -> Finding:
        """Compare this machine's clock with Discord's."""
        told = await self._get("/users/@me")
        return clock_by_header(told, "Discord")


def _trouble(told: Reply) -> Finding | None:
    """Return what keeps an answer from being read, None where it can be."""
    if told.status == 401:
        return Finding("skipped", "Discord refuses the token")
    if told.status == 429:
        wait = told.headers.get("Retry-After", "a minute")
        return Finding("warn", "Discord asks to wait (rate limit)", f"run the doctor again in {wait} s")
    if told.status != 200 or told.body is None:
        return Finding("fail", f"Discord answers HTTP {told.status}", "try again later: https://discordstatus.com")
    return None


def _missing(server: Json) -> list[Need]:
    """Return the permissions of the manifest that the bot lacks in a server; none where Discord does not say."""
    try:
        has = int(server["permissions"])
    except (KeyError, TypeError, ValueError):
        return []
    if has & ADMINISTRATOR or server.get("owner") is True or has & bits(PERMISSIONS) == bits(PERMISSIONS):
        return []
    return [need for need in PERMISSIONS if not has >> need.bit & 1]


def _number(body: Mapping[str, Any], key: str) -> int:
    value = body.get(key)
    return value if type(value) is int else 0
