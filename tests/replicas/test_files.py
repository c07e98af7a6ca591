"""Files that reach one replica and are used on another."""

import asyncio
import re
from contextlib import aclosing
from pathlib import Path

import httpx
import pytest

import gateway as cl
from tests.chatkit.client import KEY, Client, Thread, bearer, connected, loopback_client, message
from tests.replicas.test_chatkit import on
from tests.support.replicas import chatkit_replicas

LINK = re.compile(r"\(<(.*?)>\)")
"""The address of a file that the bot gives."""
UPLOADS = {"file_upload": {"enabled": True, "max_files": 3}}


@pytest.fixture(autouse=True)
def api_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GATEWAY_API_KEYS", KEY)
    monkeypatch.chdir(tmp_path)


async def uploaded(client: Client, data: bytes) -> str:
    """Upload a file, and return its id."""
    answer = await client.http.post(
        "/v1/chatkit/files", files={"file": ("notes.txt", data, "text/plain")}, headers=bearer(client.secret)
    )
    answer.raise_for_status()
    return str(answer.json()["id"])


async def test_a_turn_that_runs_again_on_another_replica_has_its_attachments_there(tmp_path: Path) -> None:
    paths: list[Path] = []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            [element] = message.elements
            paths.append(Path(element.path or ""))
            await cl.Message("begun").send()
            if len(paths) == 1:
                await asyncio.sleep(60)
            await cl.Message(paths[-1].read_text()).send()

    async with (
        chatkit_replicas(bot, tmp_path) as (first, second),
        connected(first.url, chatkit_configuration=UPLOADS) as client,
        on(second, client) as elsewhere,
    ):
        thread, wish = Thread(), message("read it", attachments=[await uploaded(client, b"what it says")])
        async with aclosing(client.events("threads.create", input=wish)) as events:
            async for _, event in events:
                thread.apply(event)
                if thread.said == ["begun"]:
                    break
        ending = asyncio.create_task(first.gateway.__aexit__())
        async with asyncio.timeout(20):
            while (await elsewhere.resume(thread)).said != ["begun", "what it says"]:
                await asyncio.sleep(0.05)
        await ending
    assert [each.is_relative_to(place.folder) for each, place in zip(paths, (first, second), strict=True)] == [True] * 2


async def test_a_link_to_a_file_works_on_every_replica(tmp_path: Path) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message("here", elements=[cl.File(name="a.txt", content=b"of the bot")]).send()

    async with chatkit_replicas(bot, tmp_path) as (first, second), connected(first.url) as client:
        [said] = (await client.send("file, please")).said
        [link] = LINK.findall(said)
        async with loopback_client() as http:
            for each in (first, second):
                asked = httpx.URL(link).copy_with(port=httpx.URL(each.url).port)
                assert (await http.get(asked)).content == b"of the bot"
                assert (await http.get(f"{asked}0")).status_code == 403
