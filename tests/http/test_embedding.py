"""A bot inside somebody else's ASGI application."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from gateway.app import Gateway
from gateway.chat.registry import fresh
from gateway.drivers.slack.reading import said
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.errors import SettingsError
from gateway.serving.server import bind
from gateway.telemetry.logs import configure_logging
from gateway.testing.serving import serving
from tests.examples.test_documents import blocks
from tests.support.emulators import started

BOT = """
import gateway as cl

@cl.on_message
async def main(message: cl.Message):
    await cl.Message(f"You said: {message.content}").send()
"""


@pytest.fixture
async def slack() -> AsyncIterator[SlackEmulator]:
    async with started(SlackEmulator(limits="off")) as emulator:
        yield emulator


@pytest.fixture
def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A bot file, in a working folder without settings."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "embedded_bot.py"
    path.write_text(BOT)
    yield path
    fresh()


@pytest.fixture
def gateway(slack: SlackEmulator, bot: Path, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    """Made while no event loop runs, as at the top of a module."""
    for name, value in slack.environment().items():
        monkeypatch.setenv(name, value)
    return Gateway.from_bot(bot.name)


@asynccontextmanager
async def served(app: Starlette) -> AsyncIterator[str]:
    """The application over the wire; its address."""
    with bind("127.0.0.1", 0) as listener:
        async with serving(app, listener, lifespan="on"):
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def host_of(gateway: Gateway) -> Starlette:
    """An application of its own that has the bot below a prefix."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with gateway:
            yield

    async def home(_: Request) -> PlainTextResponse:
        return PlainTextResponse("mine")

    return Starlette(routes=[Route("/", home), Mount("/bot", gateway.asgi)], lifespan=lifespan)


async def test_a_mounted_bot_answers_a_slack_event_below_its_prefix(slack: SlackEmulator, gateway: Gateway) -> None:
    async with served(host_of(gateway)) as url, httpx.AsyncClient() as http:
        slack.deliver_to(f"{url}/bot")
        root = await slack.post("general", "@gateway hello")
        await said(slack, "general", "You said: hello", thread=root)
        assert (await http.get(url)).text == "mine"
        assert (await http.get(f"{url}/bot/readyz")).json()["status"] == "ready"
        assert (await http.get(f"{url}/slack/events")).status_code == 404
    assert gateway.is_draining


async def test_the_application_of_the_page_runs_as_it_stands_there(
    slack: SlackEmulator, bot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in slack.environment().items():
        monkeypatch.setenv(name, value)
    bot.rename(bot.with_name("bot.py"))
    *_, source = blocks("docs/embedding.md")
    module: dict[str, Any] = {}
    exec(source, module)
    configure_logging(form="console", debug=False)
    async with served(module["app"]) as url:
        slack.deliver_to(f"{url}/bot")
        root = await slack.post("general", "@gateway hello")
        await said(slack, "general", "You said: hello", thread=root)


async def test_served_alone_its_own_lifespan_starts_it(slack: SlackEmulator, gateway: Gateway) -> None:
    async with served(gateway.asgi) as url:
        slack.deliver_to(url)
        root = await slack.post("general", "@gateway hello")
        await said(slack, "general", "You said: hello", thread=root)
    assert gateway.is_draining


async def test_without_credentials_the_error_names_what_to_set(bot: Path) -> None:
    with pytest.raises(SettingsError, match=r"SLACK_BOT_TOKEN.*`gateway run`"):
        Gateway.from_bot(bot)


async def test_an_embedded_gateway_does_not_take_itself_to_be_on_this_machine_only(
    bot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other application may listen anywhere, and unsigned Teams activities are for loopback alone."""
    monkeypatch.setenv("TEAMS_APP_ID", "an-app")
    monkeypatch.setenv("TEAMS_AUTH", "anonymous")
    monkeypatch.setenv("GATEWAY_HOST", "127.0.0.1")
    with pytest.raises(SettingsError, match="anonymous"):
        Gateway.from_bot(bot)
