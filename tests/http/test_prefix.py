"""The gateway below a prefix: a proxy leaves it in the path or takes it away, or another application mounts it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import orjson
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

import gateway as cl
from gateway.drivers.slack.reading import said
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.errors import SettingsError
from gateway.http.application import application
from gateway.model import FromBytes, OutgoingFile
from gateway.playground import Playground
from gateway.settings import GatewaySettings
from tests.support.bot import RunningBot, register, running_bot
from tests.support.emulators import started
from tests.support.files import files_in


def bot() -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        await cl.Message(f"You said: {message.content}").send()


@pytest.fixture
async def slack() -> AsyncIterator[SlackEmulator]:
    async with started(SlackEmulator(limits="off")) as emulator:
        yield emulator


def client(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


def mounted(running: RunningBot) -> ASGIApp:
    return Starlette(routes=[Mount("/bot", running.gateway.asgi)])


def mounted_twice(running: RunningBot) -> ASGIApp:
    return Starlette(routes=[Mount("/", Starlette(routes=[Mount("/bot", running.gateway.asgi)]))])


def as_it_is(running: RunningBot) -> ASGIApp:
    return running.gateway.asgi


@pytest.mark.parametrize(
    ("app", "root_path", "prefixes"),
    [
        (mounted, "", ["/bot"]),
        (mounted_twice, "", ["/bot"]),
        (as_it_is, "/bot", ["/bot", ""]),
        (as_it_is, "/deep/bot", ["/deep/bot", ""]),
        (mounted, "/outer", ["/bot", "/bot/outer"]),
    ],
    ids=["mounted", "mounted twice", "left in the path, or taken away", "deep", "both"],
)
async def test_everything_is_found_below_the_prefix_and_nothing_beside_it(
    slack: SlackEmulator, tmp_path: Path, app: Callable[[RunningBot], ASGIApp], root_path: str, prefixes: list[str]
) -> None:
    body = orjson.dumps({"type": "url_verification", "challenge": "abc"})
    headers = {"content-type": "application/json", **slack.sign(body)}
    async with (
        running_bot(slack, register(bot), tmp_path, root_path=root_path) as running,
        client(app(running)) as http,
    ):
        for prefix in prefixes:
            assert (await http.get(f"{prefix}/healthz")).status_code == 200
            assert (await http.get(f"{prefix}/readyz")).status_code == 200
            answer = await http.post(f"{prefix}/slack/events", content=body, headers=headers)
            assert (answer.status_code, answer.json()) == (200, {"challenge": "abc"})
            assert (await http.put(f"{prefix}/slack/events")).status_code == 405
        for elsewhere in ("/botslack/events", "/other/slack/events", "/bots/healthz", "/deep/healthz"):
            assert (await http.get(elsewhere)).status_code == 404


async def test_a_bot_answers_below_a_prefix(slack: SlackEmulator, tmp_path: Path) -> None:
    async with running_bot(slack, register(bot), tmp_path, root_path="/bot") as running:
        slack.deliver_to(f"{running.url}/bot")
        root = await slack.post("general", "@gateway hi")
        await said(slack, "general", "You said: hi", thread=root)


async def test_a_held_files_link_leads_below_the_prefix(tmp_path: Path) -> None:
    settings = GatewaySettings(_env_file=None, root_path="bot/", public_url="https://host.example/")
    files = files_in(tmp_path, public_url=settings.own_url)
    id = await files.vault.hold(OutgoingFile(name="a", mime="", source=FromBytes(data=b"x")), key="k")
    link = files.vault.link(id, seconds=60)
    assert link is not None
    assert link.startswith("https://host.example/bot/files/")
    async with client(application(files.server.routes(), root_path=settings.root_path)) as http:
        assert (await http.get(urlsplit(link)._replace(scheme="", netloc="").geturl())).content == b"x"


async def test_the_pages_own_links_are_relative_and_its_address_ends_with_a_slash() -> None:
    async with client(application(Playground({}).routes, root_path="/bot")) as http:
        answer = await http.get("/bot")
        assert (answer.status_code, answer.headers["location"]) == (307, "/bot/")
        page = (await http.get("/bot/")).text
        assert 'src="playground/static/app.js"' in page
        assert '"/playground' not in page
        assert (await http.get("/bot/playground/static/app.js")).status_code == 200
        assert (await http.get("/bot/playground/api/platforms")).json() == {"platforms": []}


async def test_other_applications_beside_it_keep_their_paths(slack: SlackEmulator, tmp_path: Path) -> None:
    async with running_bot(slack, register(bot), tmp_path) as running:
        mine = Route("/slack/events", lambda _: PlainTextResponse("mine"))
        async with client(Starlette(routes=[mine, Mount("/bot", running.gateway.asgi)])) as http:
            assert (await http.get("/slack/events")).text == "mine"
            assert (await http.get("/bot/slack/events")).status_code == 405


@pytest.mark.parametrize(
    ("root_path", "url", "expected"),
    [
        ("", "https://x/", "https://x"),
        ("/bot", "https://x", "https://x/bot"),
        ("bot/", "https://x/", "https://x/bot"),
        ("/bot", "https://x/bot/", "https://x/bot"),
        ("/a/b", "https://x/", "https://x/a/b"),
    ],
)
def test_an_address_has_the_prefix_once(root_path: str, url: str, expected: str) -> None:
    assert GatewaySettings(_env_file=None, root_path=root_path).below_root(url) == expected


@pytest.mark.parametrize("root_path", ["https://x/bot", "a b", "a//b", "/../etc", "/bot?x=1"])
def test_what_is_no_path_is_refused_by_name(root_path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_ROOT_PATH", root_path)
    with pytest.raises(SettingsError, match="GATEWAY_ROOT_PATH"):
        GatewaySettings.read()
