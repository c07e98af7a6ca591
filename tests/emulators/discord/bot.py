"""The other end of the wire: discord.py's own client, and bare sockets and requests where it would not do."""

import asyncio
import io
import json
import warnings
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # discord.py still imports audioop
    import discord
    from discord.gateway import DiscordWebSocket

import yarl

from gateway.emulators.discord.emulator import DiscordEmulator

JSON = dict[str, Any]
ALL = 1 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12 | 1 << 13 | 1 << 14
"""Every intent the emulator has events for, but the privileged ones."""
CONTENT = 1 << 15


class Bot(discord.Client):
    """Keeps what it hears; ``on_press`` answers interactions. ``patience``: seconds of silence until it reconnects."""

    def __init__(self, *, patience: float) -> None:
        intents = discord.Intents.default()
        intents.message_content = True
        super().__init__(intents=intents, guild_ready_timeout=0.02, max_messages=None, heartbeat_timeout=patience)
        self.heard: list[tuple[str, Any]] = []
        self._news = asyncio.Event()
        self.on_press: Callable[[discord.Interaction[Any]], Awaitable[None]] | None = None

    @property
    def texts(self) -> list[str]:
        """What people wrote, as it was heard."""
        return [m.content for name, m in self.heard if name == "message" and not m.author.bot]

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        self.heard.append((event, args[0] if args else None))
        self._news.set()
        super().dispatch(event, *args, **kwargs)

    def named(self, event: str) -> list[Any]:
        return [what for name, what in self.heard if name == event]

    async def until(self, true: Callable[[], Any]) -> None:
        """Wait for what it hears to make something true."""
        async with asyncio.timeout(10):
            while not true():
                self._news.clear()
                await self._news.wait()

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        if self.on_press is not None:
            await self.on_press(interaction)

    def text_channel(self, emulator: DiscordEmulator) -> discord.TextChannel:
        channel = self.get_channel(int(emulator.general.id))
        assert isinstance(channel, discord.TextChannel)
        return channel


@asynccontextmanager
async def connected(emulator: DiscordEmulator, *, patience: float = 60.0) -> AsyncIterator[Bot]:
    """discord.py, pointed at the emulator and ready."""
    environment = emulator.environment()
    before = discord.http.Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    discord.http.Route.BASE = environment["DISCORD_API_URL"]
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(environment["DISCORD_GATEWAY_URL"])
    bot = Bot(patience=patience)
    running = asyncio.create_task(bot.start(environment["DISCORD_BOT_TOKEN"]))
    try:
        await emulator.connected()
        await bot.wait_until_ready()
        yield bot
    finally:
        await bot.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        discord.http.Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before


class Rest:
    """Bare requests: ``await rest.post("/channels/1/messages", {"content": "hi"})`` -> status and body; the headers of
    the last answer are in ``answered``."""

    def __init__(self, session: aiohttp.ClientSession, emulator: DiscordEmulator) -> None:
        environment = emulator.environment()
        self._session = session
        self._base = environment["DISCORD_API_URL"]
        self.headers = {"Authorization": f"Bot {environment['DISCORD_BOT_TOKEN']}"}
        self.answered: dict[str, str] = {}

    async def __call__(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        headers = more.pop("headers", self.headers)
        url = yarl.URL(f"{self._base}{path}", encoded=True)
        async with self._session.request(method, url, headers=headers, **more) as answer:
            self.answered = dict(answer.headers)
            body = await answer.read()
            return answer.status, json.loads(body) if body else None

    async def post(self, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        return await self("POST", path, json=body, **more)

    async def get(self, path: str) -> tuple[int, Any]:
        return await self("GET", path)

    async def patch(self, path: str, body: Any) -> tuple[int, Any]:
        return await self("PATCH", path, json=body)

    async def upload(
        self, path: str, body: JSON, *files: tuple[str, bytes, str], method: str = "POST"
    ) -> tuple[int, Any]:
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("payload_json", json.dumps(body), content_type="application/json")
        for number, (name, content, mime) in enumerate(files):
            form.add_field(f"files[{number}]", io.BytesIO(content), filename=name, content_type=mime)
        return await self(method, path, data=form)

    async def say(self, channel: str, body: JSON) -> JSON:
        """Post a message that must be taken."""
        status, message = await self.post(f"/channels/{channel}/messages", body)
        assert status == 200, message
        assert isinstance(message, dict)
        return message


class Socket:
    """A bare gateway connection, HELLO received."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, token: str, *, compressed: bool) -> None:
        self.socket = socket
        self.token = token
        self.seq = 0
        self.session_id = ""
        self.hello: JSON = {}
        self._inflate = zlib.decompressobj() if compressed else None

    async def receive(self, timeout: float = 5.0) -> JSON:
        """The next payload. Raises ``ConnectionError`` once the connection is closed."""
        frame = await self.socket.receive(timeout=timeout)
        if frame.type is aiohttp.WSMsgType.BINARY and self._inflate is not None:
            payload = json.loads(self._inflate.decompress(frame.data))
        elif frame.type is aiohttp.WSMsgType.TEXT:
            payload = json.loads(frame.data)
        else:
            raise ConnectionError(self.socket.close_code)
        if payload.get("s") is not None:
            self.seq = payload["s"]
        assert isinstance(payload, dict)
        return payload

    async def event(self, name: str) -> JSON:
        """The data of the next event of this name; others are passed over."""
        while True:
            payload = await self.receive()
            if payload.get("t") == name:
                data = payload["d"]
                assert isinstance(data, dict)
                return data

    async def send(self, op: int, data: Any = None) -> None:
        await self.socket.send_str(json.dumps({"op": op, "d": data}))

    async def identify(self, intents: int = ALL | CONTENT, **more: Any) -> JSON:
        """Begin a session; returns READY."""
        await self.send(2, {"token": self.token, "intents": intents, "properties": {}, **more})
        ready = await self.event("READY")
        self.session_id = ready["session_id"]
        return ready

    async def closed(self) -> int | None:
        """The code the server closed with."""
        try:
            while True:
                await self.receive()
        except ConnectionError:
            return self.socket.close_code


@asynccontextmanager
async def socket(
    session: aiohttp.ClientSession, emulator: DiscordEmulator, *, query: str = "v=10&encoding=json"
) -> AsyncIterator[Socket]:
    environment = emulator.environment()
    url = f"{environment['DISCORD_GATEWAY_URL']}?{query}"
    async with session.ws_connect(url, autoclose=True) as raw:
        opened = Socket(raw, environment["DISCORD_BOT_TOKEN"], compressed="zlib-stream" in query)
        if "v=10" in query:
            opened.hello = await opened.receive()
        yield opened


def errors(body: Any, *path: str | int) -> list[str]:
    """The codes of a form error at a path; its message is checked to be the form's."""
    assert (body["code"], body["message"]) == (50035, "Invalid Form Body"), body
    node = body["errors"]
    for key in path:
        assert str(key) in node, body
        node = node[str(key)]
    return [each["code"] for each in node["_errors"]]


def button(custom_id: str = "go", label: str = "Go", **more: Any) -> JSON:
    return {"type": 2, "style": 1, "custom_id": custom_id, "label": label, **more}


def row(*inside: JSON) -> JSON:
    return {"type": 1, "components": list(inside)}


def menu(custom_id: str = "pick", *, options: int = 2, **more: Any) -> JSON:
    chosen = [{"label": f"Option {n}", "value": f"o{n}"} for n in range(options)]
    return {"type": 3, "custom_id": custom_id, "options": chosen, **more}


def label(text: str, component: JSON, **more: Any) -> JSON:
    return {"type": 18, "label": text, "component": component, **more}


def text_input(custom_id: str = "name", **more: Any) -> JSON:
    return {"type": 4, "custom_id": custom_id, "style": 1, **more}


def modal(*top: JSON, **more: Any) -> JSON:
    return {"custom_id": "form", "title": "Form", "components": list(top), **more}
