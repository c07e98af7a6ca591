"""What programs ask of one replica is said by another, and what is done once is done by one."""

import asyncio
from pathlib import Path

import pytest

import gateway as cl
from gateway.proactive import broadcasts
from gateway.proactive.broadcast import Audience, Broadcast
from gateway.proactive.broadcasts import WantedBroadcast
from gateway.proactive.messages import Wanted
from tests.chatkit.client import KEY, Client, Thread, connected
from tests.support.replicas import RunningReplica, chatkit_replicas

TO_ALL = Audience(platform="chatkit")


@pytest.fixture(autouse=True)
def api_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GATEWAY_API_KEYS", KEY)
    monkeypatch.chdir(tmp_path)


def echo() -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        await cl.Message(f"re {message.content}").send()


def key_of(thread: Thread, user: str = "ada") -> str:
    return f"chatkit:app:{user}:{thread.id}"


async def said(client: Client, thread: Thread) -> list[str]:
    """Return what the bot has said in a thread, oldest first."""
    page = (await client.ask("items.list", thread_id=thread.id, order="asc", limit=100)).json()["data"]
    return [part["text"] for item in page if item["type"] == "assistant_message" for part in item["content"]]


async def begin(replica: RunningReplica, text: str, *, key: str | None = None) -> Broadcast:
    wanted = WantedBroadcast(text, None, TO_ALL)
    return (await replica.gateway.broadcasts.begin(wanted, requester="a key", key=key)).broadcast


async def ended(replica: RunningReplica, id: str) -> Broadcast:
    async with asyncio.timeout(20):
        while (found := await replica.gateway.broadcasts.find(id)).state == "running":
            await asyncio.sleep(0.02)
    return found


async def test_a_message_is_waited_for_that_another_replica_says(tmp_path: Path) -> None:
    async with chatkit_replicas(echo, tmp_path) as (first, second), connected(first.url) as client:
        thread = await client.send("hello")
        assert first.gateway.store.holds(key_of(thread))
        sent = await asyncio.wait_for(
            second.gateway.messages.send(Wanted(key_of(thread), "news", None), requester="a key", wait=10), 5
        )
        assert (sent.status, sent.error) == ("sent", "")
        assert await said(client, thread) == ["re hello", "news"]


async def test_a_broadcast_reaches_each_conversation_once_whichever_replica_is_asked(tmp_path: Path) -> None:
    async with (
        chatkit_replicas(echo, tmp_path, number=3) as replicas,
        connected(replicas[0].url) as one,
        connected(replicas[1].url, "grace") as two,
    ):
        threads = [await one.send(str(number)) for number in range(3)]
        more = [await two.send(str(number)) for number in range(3)]
        begun = await asyncio.gather(*(begin(each, "to all", key="k") for each in replicas))
        assert len({each.id for each in begun}) == 1
        for each in replicas:
            done = await ended(each, begun[0].id)
            assert (done.state, done.sent, done.failed) == ("done", 6, 0)
        for client, known in ((one, threads), (two, more)):
            for number, thread in enumerate(known):
                assert await said(client, thread) == [f"re {number}", "to all"]


async def test_a_broadcast_is_cancelled_on_another_replica(tmp_path: Path) -> None:
    go = asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message("begun").send()
            if message.content == "wait":
                await asyncio.wait_for(go.wait(), 30)

    async with chatkit_replicas(bot, tmp_path) as (first, second), connected(first.url) as client:
        for number in range(5):
            await client.send(str(number))
        waiting = asyncio.create_task(client.send("wait"))
        async with asyncio.timeout(10):
            while len((await client.ask("threads.list")).json()["data"]) < 6:
                await asyncio.sleep(0.02)
        begun = await begin(first, "to all")
        cancelled = await asyncio.wait_for(second.gateway.broadcasts.cancel(begun.id), 15)
        assert cancelled.state == "cancelled"
        go.set()
        await waiting
        for each in (first, second):
            assert (await each.gateway.broadcasts.find(begun.id)).state == "cancelled"
        again = await ended(second, (await begin(first, "after it")).id)
        assert again.sent == 6


async def test_a_broadcast_goes_on_when_its_replica_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcasts, "STAND_BY", 0.1)
    async with chatkit_replicas(echo, tmp_path) as (first, second), connected(second.url) as client:
        for number in range(6):
            await client.send(str(number))
        async with asyncio.timeout(10):
            while not first.gateway.broadcasts._leadership.held and not second.gateway.broadcasts._leadership.held:
                await asyncio.sleep(0.02)
        leads, other = (first, second) if first.gateway.broadcasts._leadership.held else (second, first)
        begun = await begin(leads, "to all")
        await leads.gateway.__aexit__()
        done = await ended(other, begun.id)
        assert (done.state, done.failed) == ("done", 0)


async def test_requests_under_one_key_on_several_replicas_send_one_message(tmp_path: Path) -> None:
    async with chatkit_replicas(echo, tmp_path, number=3) as replicas, connected(replicas[0].url) as client:
        thread = await client.send("hello")
        wanted = Wanted(key_of(thread), "news", None)
        sent = await asyncio.gather(
            *(each.gateway.messages.send(wanted, requester="a key", key="k", wait=10) for each in list(replicas) * 3)
        )
        assert len({each.id for each in sent}) == 1
        assert {each.status for each in sent} == {"sent"}
        assert await said(client, thread) == ["re hello", "news"]
