"""The adapter in docs/adding-a-platform.md, against its made-up platform on loopback."""

import asyncio
import hashlib
import hmac
import importlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import gateway as cl
from gateway.adapter import Platform
from gateway.app import Gateway
from gateway.bootstrap import on_real_platforms
from gateway.serving.server import bind
from gateway.settings import GatewaySettings
from gateway.testing.serving import serving
from tests.docs.blocks import files_of
from tests.support.bot import register

SECRET = "a-made-up-secret"


class Board:
    """The platform: it keeps messages, and signs what it tells the bot."""

    def __init__(self) -> None:
        self.messages: dict[str, dict[str, Any]] = {}
        self.refusals: list[int] = []
        """Statuses of the next answers."""
        self.bot = ""
        """Where the bot is served."""
        self._changed = asyncio.Condition()
        self.app = Starlette(
            routes=[
                Route("/rooms/{room}/messages", self._post, methods=["POST"]),
                Route("/messages/{id}", self._change, methods=["PUT", "DELETE"]),
            ]
        )

    async def _post(self, request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer a-token"
        if self.refusals:
            return Response(status_code=self.refusals.pop(0), headers={"Retry-After": "0"})
        id = f"m{len(self.messages)}"
        await self._keep(id, await request.json())
        return JSONResponse({"id": id})

    async def _change(self, request: Request) -> Response:
        id = request.path_params["id"]
        if id not in self.messages:
            return Response(status_code=404)
        await self._keep(id, await request.json() if request.method == "PUT" else None)
        return Response(status_code=204)

    async def _keep(self, id: str, body: dict[str, Any] | None) -> None:
        async with self._changed:
            if body is None:
                del self.messages[id]
            else:
                self.messages[id] = body
            self._changed.notify_all()

    async def tell(self, event: dict[str, Any], *, secret: str = SECRET) -> int:
        """Send the bot an event; return the status of its answer."""
        raw = json.dumps({"room": "kitchen", "person": "ada", **event}).encode()
        signature = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
        async with httpx.AsyncClient() as http:
            answer = await http.post(f"{self.bot}/board/events", content=raw, headers={"X-Board-Signature": signature})
        return answer.status_code

    async def shows(self, text: str) -> str:
        """Wait until a message reads like this; return its id."""
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(lambda: text in self.texts())
        return next(id for id, message in self.messages.items() if message["text"] == text)

    def texts(self) -> list[str]:
        return [message["text"] for message in self.messages.values()]


def bot() -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        await cl.Message(f"You said: {message.content}", actions=[cl.Action("again", {"n": 1}, label="Again")]).send()

    @cl.action_callback("again")
    async def again(action: cl.Action) -> None:
        await cl.Message("Again.").send()
        await action.remove()


@asynccontextmanager
async def running(platform: Platform, folder: Path) -> AsyncIterator[Board]:
    board = Board()
    with bind("127.0.0.1", 0) as theirs, bind("127.0.0.1", 0) as ours:
        os.environ |= {"BOARD_TOKEN": "a-token", "BOARD_SECRET": SECRET}
        os.environ["BOARD_URL"] = f"http://127.0.0.1:{theirs.getsockname()[1]}"
        config = GatewaySettings(
            _env_file=None, data_dir=folder, database_url=f"sqlite:///{folder}/board.db", port=ours.getsockname()[1]
        )
        gateway = Gateway(on_real_platforms(config, register(bot), {"board": platform}))
        board.bot = config.local_url
        async with serving(board.app, theirs), gateway, serving(gateway.asgi, ours):
            yield board
            await gateway.drain()


@pytest.fixture
async def board(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Board]:
    (folder / "board_adapter.py").write_text(files_of("docs/adding-a-platform.md")["board_adapter.py"])
    monkeypatch.syspath_prepend(str(folder))
    platform: Platform = importlib.import_module("board_adapter").PLATFORM
    platform.check()
    async with running(platform, folder) as board:
        yield board


async def test_a_message_is_answered_once_however_often_it_comes(board: Board) -> None:
    event = {"id": "e1", "kind": "message", "text": "hello"}
    assert [await board.tell(event), await board.tell(event)] == [200, 200]
    await board.shows("You said: hello")
    await board.tell({"id": "e2", "kind": "message", "text": "bye"})
    await board.shows("You said: bye")
    assert board.texts() == ["You said: hello", "You said: bye"]


async def test_what_the_platform_did_not_sign_is_refused(board: Board) -> None:
    assert await board.tell({"id": "e1", "kind": "message", "text": "hello"}, secret="another") == 401
    assert await board.tell({"kind": "message", "text": "hello"}) == 400
    assert await board.tell({"id": "e2", "kind": "message", "text": "x" * 2_000_000}) == 413
    assert await board.tell({"id": "e3", "kind": "weather"}) == 200
    assert board.texts() == []


async def test_a_button_works_and_only_under_its_own_message(board: Board) -> None:
    await board.tell({"id": "e1", "kind": "message", "text": "one"})
    await board.tell({"id": "e2", "kind": "message", "text": "two"})
    one, two = await board.shows("You said: one"), await board.shows("You said: two")
    token = board.messages[one]["buttons"][0]["token"]
    await board.tell({"id": "c1", "kind": "click", "token": token, "message": two})
    await board.tell({"id": "c2", "kind": "click", "token": token, "message": one})
    await board.shows("Again.")
    assert board.texts().count("Again.") == 1


async def test_what_the_platform_did_not_take_now_is_sent_again(board: Board) -> None:
    board.refusals = [429, 503]
    await board.tell({"id": "e1", "kind": "message", "text": "hello"})
    await board.shows("You said: hello")
    assert board.texts() == ["You said: hello"]
