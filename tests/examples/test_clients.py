"""The programs of examples/clients, one in each language, talk to a real bot as they are shipped."""

import asyncio
import json
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

import gateway as cl
from gateway.serving.server import bind
from gateway.testing.serving import serving
from tests.chatkit.client import KEY
from tests.chatkit.conftest import running
from tests.support.left_out import UNTESTED_NODE, UNTESTED_RUBY

LINES = 90
"""A program that is longer is none to copy."""
RUNTIMES = {"chat.py": sys.executable, "chat.mjs": "node", "chat.rb": "ruby"}
BEHIND_THE_ITEMS = {"chat.py": ["-- kept as 'Good morning'", "-- sent: Your report is ready."]}
"""What a program prints beyond what all of them do."""


def untested(program: str, why: str) -> pytest.MarkDecorator:
    runtime = RUNTIMES[program]
    return pytest.mark.skipif(shutil.which(runtime) is None, reason=f"{why}: there is no `{runtime}`")


@pytest.fixture(
    params=[
        "chat.py",
        pytest.param("chat.mjs", marks=untested("chat.mjs", UNTESTED_NODE)),
        pytest.param("chat.rb", marks=untested("chat.rb", UNTESTED_RUBY)),
    ]
)
def program(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_API_KEYS", KEY)


@asynccontextmanager
async def started(program: str, url: str, *messages: str, key: str = KEY) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a program that talks to the bot at this address until the block ends."""
    process = await asyncio.create_subprocess_exec(
        RUNTIMES[program],
        Path(__file__).parents[2] / "examples" / "clients" / program,
        *messages,
        env={**os.environ, "GATEWAY_URL": url, "GATEWAY_API_KEY": key, "LC_ALL": "C", "PYTHONUTF8": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def ran(program: str, url: str, *messages: str, key: str = KEY) -> tuple[int | None, list[str], str]:
    """Run a program to its end; return its exit code, the lines that it printed and what it complained of."""
    async with started(program, url, *messages, key=key) as process:
        out, err = await process.communicate()
    return process.returncode, out.decode().splitlines(), err.decode()


async def test_a_program_talks_with_the_bot_and_reads_what_was_kept(program: str, tmp_path: Path) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            answer = cl.Message()
            for word in ("Grüße ", "from ", "the ", "bot ☕"):
                await answer.stream_token(word)
            await answer.send()
            name = await cl.AskUserMessage("What is your name?").send()
            await cl.Message(f"Hello {name and name['output']}.").send()

    async with running(bot, tmp_path) as url:
        code, lines, complaint = await ran(program, url, "Good morning", "Zoë")
    assert (code, complaint) == (0, "")
    at = next(number for number, line in enumerate(lines) if line.startswith("-- thread"))
    assert lines[:at] == ["Grüße from the bot ☕", "What is your name?", "Hello Zoë."]
    assert re.fullmatch(r"-- thread cthr_[0-9a-f]{32}", lines[at])
    assert lines[at + 1 :] == [
        "chatkit.user_message: Good morning",
        "chatkit.assistant_message: Grüße from the bot ☕",
        "chatkit.assistant_message: What is your name?",
        "chatkit.user_message: Zoë",
        "chatkit.assistant_message: Hello Zoë.",
        *BEHIND_THE_ITEMS.get(program, []),
    ]


async def test_a_program_prints_an_answer_while_it_is_written(program: str, tmp_path: Path) -> None:
    read = asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            answer = cl.Message()
            await answer.stream_token("The first words")
            await read.wait()
            await answer.stream_token(", and the last.")
            await answer.send()

    async with running(bot, tmp_path) as url, started(program, url, "Hi") as process:
        assert process.stdout is not None
        assert await process.stdout.readexactly(15) == b"The first words"
        read.set()
        assert await process.stdout.readline() == b", and the last.\n"
        await process.communicate()


async def test_a_program_that_is_refused_says_why(program: str, tmp_path: Path) -> None:
    async with running(lambda: None, tmp_path) as url:
        code, lines, complaint = await ran(program, url, "Hi", key="another key")
    assert code != 0 and lines == []
    assert "401" in complaint and "this API key is not valid" in complaint


async def test_a_program_shows_notices_and_errors_and_reads_pieces_that_end_anywhere(program: str) -> None:
    events: list[dict[str, Any]] = [
        {"type": "thread.created", "thread": {"id": "cthr_1"}},
        {"type": "progress_update", "icon": None, "text": "thinking"},
        {"type": "notice", "level": "info", "message": "Zoë, be patient ☕", "title": None},
        {"type": "error", "code": "custom", "message": "the model is away", "allow_retry": True},
        {"type": "error", "code": "stream.error", "message": None, "allow_retry": False},
    ]
    async with running_elsewhere(events) as url:
        _, lines, _ = await ran(program, url, "Hi")
    assert lines[:4] == [
        "-- notice: Zoë, be patient ☕",
        "-- the bot failed: the model is away",
        "-- the bot failed: stream.error",
        "-- thread cthr_1",
    ]


@asynccontextmanager
async def running_elsewhere(events: list[dict[str, Any]]) -> AsyncIterator[str]:
    """Serve another ChatKit server, which streams these events in pieces of three bytes and has no API of its own."""
    body = b"".join(b"data: %s\n\n: a comment\n\n" % json.dumps(event, ensure_ascii=False).encode() for event in events)

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(body), 3):
            yield body[at : at + 3]
            await asyncio.sleep(0)

    async def session(_: Request) -> Response:
        return JSONResponse({"id": "cksess_1", "client_secret": "secret"})

    async def items(_: Request) -> Response:
        return JSONResponse({"object": "list", "data": [], "has_more": False, "first_id": None, "last_id": None})

    async def conversation(_: Request) -> Response:
        return StreamingResponse(pieces(), media_type="text/event-stream")

    routes = [
        Route("/v1/chatkit/sessions", session, methods=["POST"]),
        Route("/v1/chatkit/threads/cthr_1/items", items),
        Route("/v1/chatkit/conversation", conversation, methods=["POST"]),
    ]
    with bind("127.0.0.1", 0) as listener:
        async with serving(Starlette(routes=routes), listener):
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_each_program_is_short_and_named_in_the_readme(examples: Path) -> None:
    assert {path.name for path in (examples / "clients").iterdir()} == set(RUNTIMES)
    for name in RUNTIMES:
        assert len((examples / "clients" / name).read_text(encoding="utf-8").splitlines()) < LINES
        assert f"examples/clients/{name}" in (examples.parent / "README.md").read_text(encoding="utf-8")
