"""Threads that are deleted while their conversation goes on, people whose names have a slash, and where history is not
kept."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

import gateway as cl
from gateway.emulators.slack.emulator import SlackEmulator
from tests.chatkit.client import KEY, bearer, connected
from tests.chatkit.conftest import running
from tests.contract.reading import reads
from tests.slack.world import SlackWorld
from tests.support.bot import register, running_bot
from tests.support.emulators import started


def remembers() -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        words = [each["content"] for each in cl.chat_context.to_openai() if each["role"] == "user"]
        await cl.Message(f"I remember {' and '.join(words)}").send()


async def kept(api: httpx.AsyncClient, *names: str) -> list[dict[str, Any]]:
    """Wait until exactly threads of these names are kept, and return them: a turn is kept after its answer is out."""
    async with asyncio.timeout(10):
        while True:
            threads: list[dict[str, Any]] = (await api.get("/threads")).json()["data"]
            if [thread["name"] for thread in threads] == [*names]:
                return threads
            await asyncio.sleep(0.01)


async def test_a_deleted_thread_is_forgotten_by_its_session_too(tmp_path: Path) -> None:
    async with started(SlackEmulator()) as slack:
        world = SlackWorld(slack)
        async with running_bot(world, register(remembers), tmp_path, api_keys=KEY) as bot:
            post = await world.mention("apples")
            await reads(world, post, "I remember apples")
            await world.reply(post, "/new", mention=True)
            await reads(world, post, "new conversation")
            await world.reply(post, "secret pears", mention=True)
            await reads(world, post, "I remember secret pears")
            async with httpx.AsyncClient(base_url=f"{bot.url}/v1", headers=bearer(KEY), timeout=20) as api:
                pears, apples = await kept(api, "secret pears", "apples")
                deleted = await api.delete(f"/threads/{pears['id']}")
                assert (deleted.status_code, deleted.json()["steps"]) == (200, 2)
                await world.reply(post, "plums", mention=True)
                await reads(world, post, "I remember plums")
                await kept(api, "plums", "apples")
                await api.delete(f"/threads/{apples['id']}")
                await world.reply(post, "figs", mention=True)
                await reads(world, post, "I remember plums and figs")


async def test_people_whose_identifiers_have_a_slash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_API_KEYS", KEY)
    async with running(remembers, tmp_path) as url:
        async with connected(url, "a/b %c") as person:
            await person.send("hello")
        async with httpx.AsyncClient(base_url=f"{url}/v1", headers=bearer(KEY), timeout=20) as api:
            [listed] = (await api.get("/users")).json()["data"]
            path = f"/users/{httpx.QueryParams(x=listed['identifier'])}".replace("x=", "").replace("+", "%20")
            assert (await api.get(path)).json() == listed
            assert (await api.delete(path)).json()["threads"] == 1


async def test_history_that_is_kept_nowhere_is_said_to_be_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_API_KEYS", KEY)
    async with (
        running(remembers, tmp_path, history="off") as url,
        httpx.AsyncClient(base_url=f"{url}/v1", headers=bearer(KEY)) as api,
    ):
        for path in ("/threads", "/threads/x", "/search?q=x", "/export", "/users", "/feedback", "/steps/x"):
            refused = await api.get(path)
            assert (refused.status_code, refused.json()["error"]["type"]) == (409, "conflict_error"), path
            assert "GATEWAY_HISTORY" in refused.json()["error"]["message"]
