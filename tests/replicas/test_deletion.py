"""What one replica deletes or erases, while another one runs it."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import httpx
import pytest

import gateway as cl
from gateway.ingress import suspension
from tests.chatkit.client import KEY, Thread, connected, loopback_client, message
from tests.replicas.test_chatkit import on
from tests.support.replicas import RunningReplica, chatkit_replicas


@pytest.fixture(autouse=True)
def api_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GATEWAY_API_KEYS", KEY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(suspension, "END_WITHIN", 0.5)
    monkeypatch.setattr(suspension, "LEFT_ALONE", 0.5)


def slow() -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        await cl.Message("begun").send()
        if message.content == "wait":
            await asyncio.sleep(60)
            await cl.Message("too late").send()


def erasing(replica: RunningReplica) -> httpx.AsyncClient:
    client = loopback_client(replica.url)
    client.headers["Authorization"] = f"Bearer {KEY}"
    return client


async def test_a_thread_is_deleted_from_another_replica_while_its_turn_runs(tmp_path: Path) -> None:
    began = asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message("begun").send()
            began.set()
            await asyncio.sleep(60)
            await cl.Message("too late").send()

    async with (
        chatkit_replicas(bot, tmp_path) as (first, second),
        connected(first.url) as client,
        on(second, client) as elsewhere,
    ):
        thread = Thread()
        async with aclosing(client.events("threads.create", input=message("A"))) as events:
            async for _, event in events:
                thread.apply(event)
                if thread.said == ["begun"]:
                    break
        assert (await asyncio.wait_for(elsewhere.ask("threads.delete", thread_id=thread.id), 30)).status_code == 200
        for each in (client, elsewhere):
            assert (await each.ask("threads.get_by_id", thread_id=thread.id)).status_code == 404
        key = f"chatkit:app:ada:{thread.id}"
        assert not first.gateway.store.holds(key)
        assert key not in first.gateway.sessions


async def begin_to_wait(first: RunningReplica, thread: Thread) -> None:
    """Begin a turn of Ada's on a replica that does not end by itself."""
    async with connected(first.url) as client, aclosing(client.events("threads.create", input=message("wait"))) as all:
        async for _, event in all:
            thread.apply(event)
            if thread.said == ["begun"]:
                return


async def test_a_person_is_erased_from_another_replica_while_their_turn_runs(tmp_path: Path) -> None:
    thread = Thread()
    async with chatkit_replicas(slow, tmp_path) as (first, second), erasing(second) as api:
        await begin_to_wait(first, thread)
        key = f"chatkit:app:ada:{thread.id}"
        assert first.gateway.store.holds(key)
        answer = await asyncio.wait_for(api.delete("/v1/users/chatkit:app:ada"), 30)
        assert answer.status_code == 200, answer.text
        for each in (first, second):
            assert not await each.gateway.store.traces("chatkit:app:ada")
            assert key not in each.gateway.sessions
            assert not await each.gateway.store.pending(now=1e12, limit=10)
        async with connected(first.url) as client:  # who comes back begins anew
            assert (await client.send("hello")).said == ["begun"]
        assert (await first.gateway.store.traces("chatkit:app:ada")).own


async def test_two_replicas_that_erase_at_once_do_not_hinder_each_other(tmp_path: Path) -> None:
    async with chatkit_replicas(slow, tmp_path) as (first, second), erasing(first) as one, erasing(second) as two:
        await begin_to_wait(first, Thread())
        await begin_to_wait(second, Thread())
        answers = await asyncio.wait_for(
            asyncio.gather(*(each.delete("/v1/users/chatkit:app:ada") for each in (one, two))), 50
        )
        assert {each.status_code for each in answers} <= {200, 404}
        assert not await first.gateway.store.traces("chatkit:app:ada")


async def test_a_conversation_goes_on_elsewhere_once_it_was_let_go(tmp_path: Path) -> None:
    """Of a thread that was deleted the answers stay away; in others of the person turns go on."""
    async with (
        chatkit_replicas(slow, tmp_path) as (first, second),
        connected(first.url) as client,
        on(second, client) as elsewhere,
    ):
        kept, deleted = await client.send("one"), await client.send("two")
        assert (await elsewhere.ask("threads.delete", thread_id=deleted.id)).status_code == 200
        assert (await elsewhere.send("three", kept)).said == ["begun", "begun"]
