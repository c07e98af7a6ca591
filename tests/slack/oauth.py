"""A bot that many workspaces install, and the browser of a person who installs it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
from yarl import URL

from adapters.slack.adapter import SlackAdapter
from adapters.slack.settings import SlackSettings
from gateway.adapter import AdapterContext
from gateway.chat.registry import Callbacks
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.emulators.slack.world import Team
from gateway.runtime.cipher import KeyedCipher, new_key
from gateway.store import open_store
from tests.contract.harness import AdapterHarness, serving
from tests.contract.world import World
from tests.slack.world import SlackWorld
from tests.support.bot import RunningBot, running_bot

KEY = new_key()


class OAuthWorld(SlackWorld):
    """The emulated Slack for an app without a bot token of its own."""

    def adapter(self, context: AdapterContext, *, wrong_token: bool = False) -> SlackAdapter:
        environment = self.slack.oauth_environment().items()
        values: dict[str, Any] = {name.lower().removeprefix("slack_"): value for name, value in environment}
        return SlackAdapter(SlackSettings(_env_file=None, **values), context)


class Page(NamedTuple):
    """What a browser shows."""

    status: int
    text: str
    url: str


class Browser:
    """A browser that keeps cookies, in which a person installs the app."""

    def __init__(self, session: aiohttp.ClientSession, slack: SlackEmulator, url: str) -> None:
        self._session = session
        self._slack = slack
        self._url = url

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies it holds, by their names."""
        return {cookie.key: cookie.value for cookie in self._session.cookie_jar}

    @cookies.setter
    def cookies(self, cookies: dict[str, str]) -> None:
        self._session.cookie_jar.update_cookies(cookies, URL(f"{self._url}/slack/"))

    async def begin(self) -> str:
        """Open the address for installing the app; return the address of Slack's page that it leads to."""
        async with self._session.get(f"{self._url}/slack/install", allow_redirects=False) as response:
            assert response.status == 302
            return response.headers["Location"]

    async def decide(self, authorize_url: str, where: str) -> str:
        """Choose a workspace or an organisation on Slack's page, or ``cancel``; return where Slack leads the
        browser."""
        async with self._session.get(authorize_url) as response:
            assert response.status == 200, await response.text()
        query = {name: values[0] for name, values in parse_qs(urlsplit(authorize_url).query).items()}
        link = f"{self._slack.world.base}/oauth/v2/decide?{urlencode({**query, 'decision': where})}"
        async with self._session.get(link, allow_redirects=False) as response:
            return response.headers["Location"]

    async def open(self, url: str) -> Page:
        """Open an address."""
        async with self._session.get(url) as response:
            return Page(response.status, await response.text(), str(response.url))

    async def install(self, where: str) -> Page:
        """Install the app, and return the last page."""
        return await self.open(await self.decide(await self.begin(), where))


class Distributed(NamedTuple):
    """A running bot that many workspaces install."""

    slack: SlackEmulator
    bot: RunningBot
    browser: Browser

    @property
    def adapter(self) -> SlackAdapter:
        adapter = self.bot.gateway._parts.adapters["slack"]
        assert isinstance(adapter, SlackAdapter)
        return adapter

    async def stored(self) -> dict[str, Any]:
        """Return the installations in the store, by their ids."""
        documents = await self.bot.gateway._parts.store.list_documents("slack.installation", limit=100)
        return {document.id: document.body for document in documents}

    async def ready(self) -> tuple[int, dict[str, Any]]:
        """Return what ``/readyz`` says."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.bot.url}/readyz") as response:
            return response.status, await response.json()


@asynccontextmanager
async def browsing(slack: SlackEmulator, url: str) -> AsyncIterator[Browser]:
    """Open a browser that holds no cookie yet."""
    slack.oauth.redirect_uris.add(f"{url}/slack/oauth_redirect")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Browser(session, slack, url)


@asynccontextmanager
async def distributed(
    slack: SlackEmulator, callbacks: Callbacks, folder: Path, *, keys: Sequence[str] = (KEY,), **settings: Any
) -> AsyncIterator[Distributed]:
    """Serve a bot that many workspaces install until the block ends."""
    world = OAuthWorld(slack)
    async with (
        running_bot(world, callbacks, folder, encryption_keys=",".join(keys), **settings) as bot,
        browsing(slack, bot.url) as browser,
    ):
        yield Distributed(slack, bot, browser)


def workspace(slack: SlackEmulator, team_id: str, *, channel: str = "C0GENERAL", person: str = "U0ADA") -> Team:
    """Add a workspace with a channel and a person, in which the app is not installed yet."""
    team = slack.world.teams.get(team_id) or slack.add_team(team_id, f"Team {team_id}")
    slack.world.tokens.pop(team.bot_token, None)
    team.installed = False
    slack.add_user("Ada", team=team, user_id=person)
    slack.add_channel("general", team=team, channel_id=channel, members=[person, team.bot.id])
    return team


REDIRECT = "https://bot.example/slack/oauth_redirect"
"""The address to which Slack leads browsers back where none is at hand."""


async def install(adapter: SlackAdapter, slack: SlackEmulator, where: str) -> None:
    """Install the app by way of this adapter, without a browser."""
    assert adapter._distribution is not None
    slack.oauth.redirect_uris.add(REDIRECT)
    routes = adapter._distribution._install
    code = slack.oauth.allow(where, REDIRECT)
    await routes._stored(await routes._parts.oauth.exchange(code, redirect_uri=REDIRECT))


@asynccontextmanager
async def installed(world: OAuthWorld, data: Path) -> AsyncIterator[AdapterHarness]:
    """Serve an adapter whose workspace has installed the app."""
    store = open_store(f"sqlite:///{data}/gateway.db")

    def made(world: World, context: AdapterContext) -> AdapterHarness:
        context = replace(context, documents=store, cipher=KeyedCipher([KEY]), public_url="https://bot.example")
        return AdapterHarness(world, context)

    await store.open()
    try:
        async with serving(world, data, made) as harness:
            assert isinstance(harness.adapter, SlackAdapter)
            await install(harness.adapter, world.slack, world.slack.team.id)
            yield harness
    finally:
        await store.close()
