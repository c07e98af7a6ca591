"""A person talks to one replica by ChatKit while the conversation runs on another."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from tests.chatkit.client import KEY, Client, Thread, bearer, connected, loopback_client, message
from tests.support.replicas import RunningReplica, chatkit_replicas


@pytest.fixture(autouse=True)
def api_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GATEWAY_API_KEYS", KEY)
    monkeypatch.chdir(tmp_path)


def counting() -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        count = (cl.user_session.get("count") or 0) + 1
        cl.user_session.set("count", count)
        answer = cl.Message("")
        for word in f"{message.content} is number {count}".split():
            await answer.stream_token(f"{word} ")
        await answer.send()


@asynccontextmanager
async def on(replica: RunningReplica, client: Client) -> AsyncIterator[Client]:
    """Return the same client, as a balancer sends its requests to another replica."""
    async with loopback_client(replica.url) as http:
        other = Client(http)
        other.secret = client.secret
        yield other


async def test_a_conversation_goes_on_whichever_replica_is_asked(tmp_path: Path) -> None:
    async with (
        chatkit_replicas(counting, tmp_path, number=3) as replicas,
        connected(replicas[0].url) as client,
        on(replicas[1], client) as second,
        on(replicas[2], client) as third,
    ):
        clients = [client, second, third]
        thread = await clients[0].send("A")
        for at, word in enumerate("BCDEF"):
            await clients[(at + 1) % 3].send(word, thread)
        assert [text.strip() for text in thread.said] == [f"{w} is number {n}" for n, w in enumerate("ABCDEF", 1)]
        kept = (await client.ask("items.list", thread_id=thread.id, order="asc", limit=100)).json()["data"]
        assert [each["id"] for each in kept] == list(thread.items)


async def test_an_answer_is_streamed_as_it_grows_on_the_other_replica(tmp_path: Path) -> None:
    go = asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            if message.content == "begin":
                await cl.Message("begun").send()
                return
            answer = cl.Message("")
            await answer.stream_token("One")
            await asyncio.wait_for(go.wait(), 20)
            await answer.stream_token(" two")
            await answer.send()

    async with (
        chatkit_replicas(bot, tmp_path) as (first, second),
        connected(first.url) as client,
        on(second, client) as elsewhere,
    ):
        thread = await client.send("begin")
        wish = message("count")
        async for _, event in elsewhere.events("threads.add_user_message", thread_id=thread.id, input=wish):
            thread.apply(event)
            if thread.said[1:] == ["One"]:
                go.set()
        assert go.is_set()
        assert thread.said == ["begun", "One two"]


async def test_a_question_is_answered_on_another_replica(tmp_path: Path) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            answer = await cl.AskUserMessage("Which size?").send()
            await cl.Message(f"Size {answer['output'] if answer else None}").send()

    async with (
        chatkit_replicas(bot, tmp_path) as (first, second),
        connected(first.url) as client,
        on(second, client) as elsewhere,
    ):
        thread = await asyncio.wait_for(client.send("order"), 10)  # the stream ends at the question
        assert thread.said == ["Which size?"]
        await asyncio.wait_for(elsewhere.send("large", thread), 10)
        assert thread.said == ["Which size?", "Size large"]


async def test_a_client_comes_back_to_another_replica(tmp_path: Path) -> None:
    go, begun = asyncio.Event(), asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            answer = cl.Message("")
            await answer.stream_token("One")
            begun.set()
            await asyncio.wait_for(go.wait(), 20)
            await answer.stream_token(" two")
            await answer.send()

    async with (
        chatkit_replicas(bot, tmp_path) as (first, second),
        connected(first.url) as client,
        on(second, client) as elsewhere,
    ):
        thread = Thread()
        async with aclosing(client.events("threads.create", input=message("count"))) as events:
            async for id, event in events:
                thread.last_id = id or thread.last_id
                thread.apply(event)
                if thread.said == ["One"]:
                    break
        back = asyncio.create_task(elsewhere.resume(thread))
        async with asyncio.timeout(10):
            while thread.types[-1] != "assistant_message.content_part.text_delta" or not second_reads(second, thread):
                await asyncio.sleep(0.01)
        go.set()
        await asyncio.wait_for(back, 10)
        assert thread.said == ["One two"]


def second_reads(replica: RunningReplica, thread: Thread) -> bool:
    adapter: Any = replica.gateway._parts.adapters["chatkit"]
    return bool(adapter._logs.is_read(thread.id))


async def test_requests_under_one_key_on_two_replicas_are_one(tmp_path: Path) -> None:
    async with (
        chatkit_replicas(counting, tmp_path) as (first, second),
        connected(first.url) as client,
        on(second, client) as elsewhere,
    ):
        threads = await asyncio.gather(
            *(each.read(Thread(), "threads.create", key="k", input=message("A")) for each in (client, elsewhere) * 3)
        )
        assert len({each.id for each in threads}) == 1
        assert {tuple(each.said) for each in threads} == {("A is number 1 ",)}
        assert len((await client.ask("threads.list")).json()["data"]) == 1


async def test_a_session_may_make_as_many_requests_on_all_replicas_together_as_on_one(tmp_path: Path) -> None:
    async with (
        chatkit_replicas(counting, tmp_path, number=3) as replicas,
        connected(replicas[0].url, rate_limits={"max_requests_per_1_minute": 7}) as client,
        on(replicas[1], client) as second,
        on(replicas[2], client) as third,
    ):
        async with asyncio.timeout(90):
            while time.time() % 60 > 50:  # the answers are to fall into one minute
                await asyncio.sleep(0.1)
        asked = [await each.ask("threads.list") for each in (client, second, third) * 4]
        assert [each.status_code for each in asked] == [200] * 7 + [429] * 5
        assert all(1 <= int(each.headers["retry-after"]) <= 60 for each in asked[7:])
        at_once = await asyncio.gather(*(each.ask("threads.list") for each in (client, second, third)))
        assert {each.status_code for each in at_once} == {429}


async def test_a_client_that_goes_away_stops_the_turn_on_another_replica(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATKIT_STOP_ON_DISCONNECT", "true")
    stopped = asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            if message.content == "begin":
                return
            await cl.Message("begun").send()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                stopped.set()
                raise

    async with (
        chatkit_replicas(bot, tmp_path) as (first, second),
        connected(first.url) as client,
        on(second, client) as elsewhere,
    ):
        thread = await client.send("begin")
        wish = message("wait")
        async with aclosing(elsewhere.events("threads.add_user_message", thread_id=thread.id, input=wish)) as events:
            async for _, event in events:
                thread.apply(event)
                if thread.said == ["begun"]:
                    break
        await asyncio.wait_for(stopped.wait(), 3)


async def test_a_session_uploads_no_more_files_to_all_replicas_together_than_to_one(tmp_path: Path) -> None:
    upload = {"file_upload": {"enabled": True, "max_files": 3}}
    async with (
        chatkit_replicas(counting, tmp_path, number=3) as replicas,
        connected(replicas[0].url, chatkit_configuration=upload) as client,
        on(replicas[1], client) as second,
        on(replicas[2], client) as third,
    ):
        answers = await asyncio.gather(
            *(
                each.http.post(
                    "/v1/chatkit/files", files={"file": ("a.txt", b"a", "text/plain")}, headers=bearer(client.secret)
                )
                for each in (client, second, third) * 2
            )
        )
        assert sorted(each.status_code for each in answers) == [200] * 3 + [400] * 3
        ids = [each.json()["id"] for each in answers if each.status_code == 200]
        thread = await third.send("with files", attachments=ids)
        assert thread.said == ["with files is number 1 "]
