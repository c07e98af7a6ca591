"""What a client may ask for is bounded, and what is beyond is refused with the bound."""

import asyncio
from typing import Any

import httpx
import pytest

import gateway as cl
from tests.chatkit.client import Client, bearer, connected, message
from tests.chatkit.conftest import Serve
from tests.chatkit.test_sessions import echo


async def refusal(client: Client, body: dict[str, Any]) -> tuple[int, str]:
    """Make a request that is refused; return the status and the field that is wrong."""
    answer = await client.http.post("/v1/chatkit/conversation", json=body, headers=bearer(client.secret))
    assert answer.json()["error"]["message"]
    return answer.status_code, answer.json()["error"]["param"]


async def test_the_open_streams_of_a_user_are_counted_over_all_sessions(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATKIT_STREAMS_PER_USER", "2")
    go = asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await go.wait()
            await cl.Message(f"You said: {message.content}").send()

    async with serve(bot) as url, connected(url) as client, connected(url) as other, connected(url, "bob") as bob:
        first, second = (each.events("threads.create", input=message("hello")) for each in (client, other))
        _, created = await anext(first)
        await anext(second)
        for refused in (
            await other.ask("threads.create", input=message("more")),
            await client.http.get(
                "/v1/chatkit/conversation",
                params={"thread_id": created["thread"]["id"]},
                headers=bearer(client.secret),
            ),
        ):
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
            assert "2 streams" in refused.json()["error"]["message"]
        assert len((await client.ask("threads.list")).json()["data"]) == 2  # nothing came of the refused one
        third = bob.events("threads.create", input=message("hello"))
        await anext(third)
        go.set()
        for stream in (first, second, third):
            async for _ in stream:
                pass
        assert (await client.send("there is room again")).said == ["You said: there is room again"]


@pytest.mark.parametrize(
    ("metadata", "status"),
    [
        ({}, 200),
        ({f"k{n}": "v" for n in range(16)}, 200),
        ({"k" * 64: "v" * 512, "n": 7, "on": True, "none": None, "list": [1, 2]}, 200),
        ({f"k{n}": "v" for n in range(17)}, 400),
        ({"k" * 65: "v"}, 400),
        ({"k": "v" * 513}, 400),
        ({"k": ["v" * 513]}, 400),
        ({"k": {"a": ["v"] * 200}}, 400),
        ([], 400),
    ],
)
async def test_metadata_of_a_thread(serve: Serve, metadata: Any, status: int) -> None:
    body = {"type": "threads.create", "params": {"input": message("hello")}, "metadata": metadata}
    async with serve(echo) as url, connected(url) as client:
        answer = await client.http.post("/v1/chatkit/conversation", json=body, headers=bearer(client.secret))
        assert answer.status_code == status
        page = (await client.ask("threads.list")).json()["data"]
        if status == 200:
            assert page[0]["metadata"] == metadata
        else:
            assert answer.json()["error"]["param"].startswith("metadata")
            assert page == []


@pytest.mark.parametrize("limit", [True, False, 0, 101, 1.5, "7", [1]])
async def test_a_limit_is_a_whole_number(serve: Serve, limit: object) -> None:
    async with serve(echo) as url, connected(url) as client:
        for type, params in (("threads.list", {}), ("items.list", {"thread_id": "x"})):
            body = {"type": type, "params": {**params, "limit": limit}}
            assert await refusal(client, body) == (400, "params.limit")


async def test_a_title_is_not_empty(serve: Serve) -> None:
    async with serve(echo) as url, connected(url) as client:
        thread = await client.send("hello")
        for title in ("", " \n", "x" * 201, None, 7):
            body = {"type": "threads.update", "params": {"thread_id": thread.id, "title": title}}
            assert await refusal(client, body) == (400, "params.title")
        renamed = await client.ask("threads.update", thread_id=thread.id, title="x" * 200)
        assert renamed.json()["title"] == "x" * 200


async def test_a_file_that_the_bot_would_not_be_given_is_refused_at_once(serve: Serve) -> None:
    allowed = {"file_upload": {"enabled": True}}
    async with serve(echo, max_file_mb=0.2) as url, connected(url, chatkit_configuration=allowed) as client:

        async def upload(size: int) -> httpx.Response:
            return await client.http.post(
                "/v1/chatkit/files", files={"file": ("a.bin", b"x" * size)}, headers=bearer(client.secret)
            )

        for size in (200_001, 1_000_000):
            refused = await upload(size)
            assert (refused.status_code, "0.2 MB" in refused.json()["error"]["message"]) == (413, True)
        assert (await upload(200_000)).status_code == 200
