"""``mount_gateway`` and ``mount_chainlit``: a bot in a FastAPI or Starlette application that has a life of its own."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

import gateway as cl
from gateway.app import Gateway
from gateway.chat.registry import fresh
from gateway.compat import hook
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.errors import SettingsError
from gateway.mounting import below
from gateway.serving.server import bind
from gateway.testing.serving import serving
from gateway.utils import mount_chainlit, mount_gateway
from tests.contract.reading import reads
from tests.contract.world import World
from tests.discord.world import discord_world
from tests.examples.test_documents import block
from tests.slack.world import slack_world
from tests.support.emulators import started
from tests.teams.world import teams_world

ROOT = Path(__file__).parents[2]
WORLDS: dict[str, Callable[[], AbstractAsyncContextManager[World]]] = {
    "slack": slack_world,
    "discord": discord_world,
    "teams": teams_world,
}

BOT = """
import asyncio
from pathlib import Path

import gateway as cl

def note(words):
    with open("order.txt", "a") as file:
        file.write(words + "\\n")

@cl.on_app_startup
async def up():
    note("bot up")

@cl.on_app_shutdown
async def down():
    note("bot down")

@cl.on_message
async def main(message: cl.Message):
    await cl.Message(f"You said: {message.content}").send()
    if message.content == "file":
        await cl.Message("Here", elements=[cl.File(name="a.txt", content=b"abc", mime="text/plain")]).send()
    if message.content == "wait":
        await asyncio.sleep(0.3)
        note("turn ended")
"""


def note(words: str) -> None:
    with open("order.txt", "a") as file:
        file.write(words + "\n")


def order() -> list[str]:
    return Path("order.txt").read_text().splitlines()


class Login(BaseHTTPMiddleware):
    """The application's own: what is private needs a password."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        if request.url.path.startswith("/private") and request.headers.get("x-password") != "sesame":
            return PlainTextResponse("who are you?", 401)
        response = await call_next(request)
        response.headers["x-seen-by"] = "the application"
        return response


@asynccontextmanager
async def life(_: Any) -> AsyncIterator[dict[str, str]]:
    note("application up")
    yield {"database": "open"}
    note("application down")


async def private(request: Request) -> Response:
    return PlainTextResponse(f"the database is {request.state.database}")


def with_fastapi() -> Starlette:
    app = FastAPI(lifespan=life, middleware=[Middleware(Login)])
    app.get("/private")(private)
    return app


def with_starlette() -> Starlette:
    return Starlette(routes=[Route("/private", private)], lifespan=life, middleware=[Middleware(Login)])


@pytest.fixture
def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A bot file, in a working folder without settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    path = tmp_path / "mounted_bot.py"
    path.write_text(BOT)
    yield path
    fresh()
    for name in (path.stem, "bot"):
        sys.modules.pop(name, None)


@asynccontextmanager
async def served(make: Callable[[str], Starlette], *, lifespan: Any = "on") -> AsyncIterator[str]:
    """The application over the wire, made once its address is known."""
    with bind("127.0.0.1", 0) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        app = await asyncio.to_thread(make, url)  # while no event loop runs, as at the top of a module
        async with serving(app, listener, lifespan=lifespan):
            yield url


@pytest.mark.parametrize("parent", [with_fastapi, with_starlette])
@pytest.mark.parametrize("platform", list(WORLDS))
async def test_a_bot_lives_in_an_application_that_keeps_its_own_life(
    parent: Callable[[], Starlette], platform: str, bot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with WORLDS[platform]() as world, httpx.AsyncClient() as http:
        for name, value in world.environment().items():
            monkeypatch.setenv(name, value)

        def make(url: str) -> Starlette:
            monkeypatch.setenv("GATEWAY_PUBLIC_URL", url)
            app = parent()
            mount_gateway(app, path="/bot", target=bot.name)
            return app

        async with served(make) as url:
            world.deliver_to(f"{url}/bot")
            await world.connected()
            post = await world.mention("file")
            await reads(world, post, "You said: file")
            async with asyncio.timeout(10):
                while [file.data for file in await world.files(post.place)] != [b"abc"]:
                    await asyncio.sleep(0.05)
            assert (await http.get(f"{url}/private")).status_code == 401
            mine = await http.get(f"{url}/private", headers={"x-password": "sesame"})
            assert (mine.text, mine.headers["x-seen-by"]) == ("the database is open", "the application")
            assert (await http.get(f"{url}/bot/readyz")).json()["status"] == "ready"
            assert (await http.get(f"{url}/readyz")).status_code == 404
    assert order() == ["application up", "bot up", "bot down", "application down"]


async def test_a_running_turn_ends_before_the_application_does(bot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with slack_world() as world:
        for name, value in world.environment().items():
            monkeypatch.setenv(name, value)

        def make(_: str) -> Starlette:
            app = with_fastapi()
            mount_chainlit(app=app, target=str(bot), path="/chainlit")
            return app

        async with served(make) as url:
            world.deliver_to(f"{url}/chainlit")
            post = await world.mention("wait")
            await reads(world, post, "You said: wait")
    assert order() == ["application up", "bot up", "turn ended", "bot down", "application down"]


async def test_without_credentials_the_playground_is_below_the_prefix_for_this_machine_only(bot: Path) -> None:
    def make(_: str) -> Starlette:
        app = with_starlette()
        mount_gateway(app, "/deep/bot/", bot)
        return Starlette(routes=[Mount("/outer", app)], lifespan=app.router.lifespan_context)

    async with served(make) as url, httpx.AsyncClient(base_url=f"{url}/outer/deep/bot") as http:
        assert 'src="playground/static/app.js"' in (await http.get("/")).text
        assert (await http.get("/playground/static/app.js")).status_code == 200
        for platform, action in {
            "slack": {"type": "post", "channel": "general", "text": "@gateway hi"},
            "discord": {"type": "post", "channel": "general", "text": "@gateway hi"},
            "teams": {"type": "say", "conversation": "personal", "text": "file"},
        }.items():
            assert (await http.post(f"/playground/api/{platform}/act", json=action)).json()["ok"]
            async with asyncio.timeout(10):
                while "You said: " not in (await http.get(f"/playground/api/{platform}/snapshot")).text:
                    await asyncio.sleep(0.05)
        refused = await http.get("/", headers={"x-forwarded-for": "192.0.2.1"})
        assert (refused.status_code, "through a proxy" in refused.text) == (403, True)
        for headers in ({"host": "example.com"}, {"origin": "https://example.com"}):
            assert (await http.get("/", headers=headers)).status_code == 403


async def test_the_playground_is_closed_to_other_machines(bot: Path) -> None:
    app = Starlette()
    mount_gateway(app, "/bot", bot)
    transport = httpx.ASGITransport(app, client=("192.0.2.1", 50_000))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http,
    ):
        assert (await http.get("/bot/")).status_code == 403
        assert (await http.get("/bot/healthz")).status_code == 200


async def test_an_application_that_starts_again_has_its_bot_again(bot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with started(SlackEmulator(limits="off")) as slack:
        for name, value in slack.environment().items():
            monkeypatch.setenv(name, value)
        app, with_object = Starlette(), Starlette()
        mount_gateway(app, "/bot", bot)
        for _ in range(2):
            async with app.router.lifespan_context(app):
                pass
        assert order() == ["bot up", "bot down"] * 2
        mount_gateway(with_object, "/bot", Gateway.from_bot(bot))
        async with with_object.router.lifespan_context(with_object):
            pass
        with pytest.raises(SettingsError, match="a Gateway runs once"):
            async with with_object.router.lifespan_context(with_object):
                pass


async def test_without_its_lifespan_the_bot_says_that_it_does_not_run(bot: Path) -> None:
    def make(_: str) -> Starlette:
        app = Starlette()
        mount_gateway(app, "/bot", bot)
        return Starlette(routes=[Mount("/outer", app)])  # whose lifespan knows nothing of it

    async with served(make) as url, httpx.AsyncClient() as http:
        answer = await http.post(f"{url}/outer/bot/slack/events")
        assert (answer.status_code, "lifespan" in answer.text) == (503, True)


@pytest.mark.parametrize("document", ["README.md", "docs/embedding.md"])
async def test_the_application_of_a_document_runs_as_it_stands_there(document: str, bot: Path) -> None:
    bot.rename(bot.with_name("bot.py"))
    module: dict[str, Any] = {}

    def make(_: str) -> Starlette:
        exec(block(document, "mount_gateway(app"), module)
        app: Starlette = module["app"]
        return app

    async with served(make) as url, httpx.AsyncClient() as http:
        assert (await http.get(f"{url}/bot/readyz")).json()["status"] == "ready"
        assert (await http.get(f"{url}/docs")).status_code == 200


async def test_uvicorn_ends_at_a_signal_while_a_page_reads_the_playground(bot: Path) -> None:
    bot.with_name("main.py").write_text(
        "from fastapi import FastAPI\n"
        "import gateway\n"
        "app = FastAPI()\n"
        "gateway.mount_gateway(app, '/bot', 'module:mounted_bot')\n"
    )
    with bind("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "main:app", "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{bot.parent}"}
    process = await asyncio.create_subprocess_exec(*command, cwd=bot.parent, env=environment, stderr=-1, stdout=-1)
    url = f"http://127.0.0.1:{port}/bot"
    try:
        assert process.stderr is not None
        async for line in process.stderr:
            if b"running on" in line:
                break
        events = f"{url}/playground/api/slack/events"
        async with httpx.AsyncClient() as http, http.stream("GET", events) as stream:
            lines = stream.aiter_lines()
            assert await anext(lines) == "event: snapshot"
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(20):
                async for _ in lines:
                    pass
                output, errors = await process.communicate()
        assert b"gateway.drained" in output, (output, errors)
        assert order() == ["bot up", "bot down"]
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize("how", ["mount_chainlit", "compat", "GATEWAY_COMPAT", "from_bot"])
async def test_a_chainlit_app_is_mounted_unchanged(how: str, bot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bot.write_text(BOT.replace("import gateway as cl", "import chainlit as cl\nfrom chainlit.types import ThreadDict"))
    (bot.parent / ".chainlit").mkdir()
    (bot.parent / ".chainlit" / "config.toml").write_text("[project]\nsession_timeout = 77\n")
    app = Starlette()
    stack = AsyncExitStack()
    try:
        if how == "mount_chainlit":
            monkeypatch.syspath_prepend(str(bot.parent))
            mount_chainlit(app, "module:mounted_bot")
        elif how == "compat":
            mount_gateway(app, target=bot, compat="chainlit")
        else:
            monkeypatch.setenv("GATEWAY_COMPAT", "chainlit")
            if how == "from_bot":
                await stack.enter_async_context(started(slack := SlackEmulator(limits="off")))
                for name, value in slack.environment().items():
                    monkeypatch.setenv(name, value)
            mount_gateway(app, target=Gateway.from_bot(bot) if how == "from_bot" else bot)
        assert sys.modules["chainlit"].on_message is cl.on_message
        async with app.router.lifespan_context(app):
            pass
        assert order() == ["bot up", "bot down"]
    finally:
        await stack.aclose()
        hook.uninstall()


def test_without_compat_the_error_says_how_a_chainlit_app_is_mounted(bot: Path) -> None:
    bot.write_text(BOT.replace("import gateway as cl", "import chainlit as cl"))
    with pytest.raises(SettingsError, match="GATEWAY_COMPAT=chainlit"):
        mount_gateway(Starlette(), target=bot)


# -- what cannot be mounted


@pytest.mark.parametrize(
    ("path", "says"),
    [("bot", "write '/bot'"), ("/a b", "no path like"), ("/{x}", "no path like"), ("/../x", "no path like")],
)
def test_a_path_that_is_none_is_refused(bot: Path, path: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        mount_gateway(FastAPI(), path, bot)


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("nothing.py", r"there is no bot file at nothing\.py"),
        ("module:nothing.there", r"no module 'nothing\.there'"),
        ("module:nothing", r"no module for 'module:nothing': .*PYTHONPATH"),
        ("module:.", "no module"),
        ("empty.py", "registers no handler"),
        ("broken.py", r"broken\.py does not import: ZeroDivisionError"),
    ],
)
def test_a_target_that_is_no_bot_is_refused(bot: Path, target: str, says: str) -> None:
    bot.with_name("empty.py").write_text("")
    bot.with_name("broken.py").write_text("1 / 0")
    app = FastAPI()
    with pytest.raises(SettingsError, match=says):
        mount_gateway(app, target=target)
    assert not any(isinstance(route, Mount) for route in app.routes)


def test_without_playground_credentials_are_needed(bot: Path) -> None:
    with pytest.raises(SettingsError, match="SLACK_BOT_TOKEN"):
        mount_gateway(Starlette(), "/bot", bot, playground=False)


def test_a_second_bot_in_the_same_application_is_refused(bot: Path) -> None:
    app = FastAPI()
    cl.mount_gateway(app, "/bot", bot)
    with pytest.raises(SettingsError, match=r"has a bot already, at /bot: .* a process of its own"):
        mount_chainlit(app, str(bot), "/other")


def test_an_application_that_is_none_of_starlette_is_refused(bot: Path) -> None:
    with pytest.raises(SettingsError, match="a function is no FastAPI or Starlette application"):
        mount_gateway(lambda: None, "/bot", bot)  # type: ignore[arg-type]


def test_a_route_that_takes_the_prefix_is_named(bot: Path) -> None:
    router = APIRouter()
    router.add_api_route("/{anything:path}", private, methods=["GET"])
    app = FastAPI()
    app.include_router(router)
    with pytest.raises(SettingsError, match="takes what is below '/bot'"):
        mount_gateway(app, "/bot", bot)
    with pytest.raises(SettingsError, match=r"the route '/bot' of the application takes"):
        mount_gateway(Starlette(routes=[Mount("/bot", Starlette())]), "/bot", bot)
    first = FastAPI()
    mount_gateway(first, "/bot", bot)
    first.include_router(router)


@pytest.mark.parametrize(
    ("url", "prefix", "expected"),
    [
        ("https://x", "/bot", "https://x/bot"),
        ("https://x/", "/bot", "https://x/bot"),
        ("https://x/bot", "/bot", "https://x/bot"),
        ("https://bot", "/bot", "https://bot/bot"),
        ("https://x/outer", "/outer/bot", "https://x/outer/bot"),
        ("https://x", "/outer/bot", "https://x/outer/bot"),
        ("https://x/outer/bot/", "/outer/bot", "https://x/outer/bot"),
        ("https://x", "", "https://x"),
    ],
)
def test_the_public_address_has_the_prefix_once(url: str, prefix: str, expected: str) -> None:
    assert below(url, prefix) == expected
