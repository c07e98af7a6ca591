"""Messages and broadcasts that programs ask for over HTTP, and how wrong requests are answered."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

import gateway as cl
from gateway.emulators.slack.emulator import SlackEmulator
from tests.contract.reading import reads, texts
from tests.contract.world import Post
from tests.slack.world import SlackWorld
from tests.support.bot import RunningBot, register, running_bot
from tests.support.emulators import started

KEY = "test-key-of-sixteen"


def echo() -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        await cl.Message(f"re {message.content}").send()


@pytest.fixture
async def world() -> AsyncIterator[SlackWorld]:
    async with started(SlackEmulator()) as slack:
        yield SlackWorld(slack)


class Api:
    """A bot on Slack with one conversation, and a client of its HTTP API."""

    def __init__(self, world: SlackWorld, running: RunningBot, client: httpx.AsyncClient, post: Post, to: str) -> None:
        self.world = world
        self.running = running
        self.client = client
        self.post = post
        self.to = to

    @property
    def messages(self) -> str:
        """The path of the conversation's messages."""
        return f"/v1/conversations/{quote(self.to, safe='')}/messages"

    async def send(self, body: Any, *, path: str | None = None, **more: Any) -> httpx.Response:
        return await self.client.post(path or self.messages, json=body, **more)

    async def ended(self, id: str) -> dict[str, Any]:
        """Wait until a broadcast has ended, and return it."""
        async with asyncio.timeout(10):
            while (found := (await self.client.get(f"/v1/broadcasts/{id}")).json())["state"] == "running":
                await asyncio.sleep(0.01)
        return dict(found)


@pytest.fixture
async def api(world: SlackWorld, tmp_path: Path) -> AsyncIterator[Api]:
    async with running_bot(world, register(echo), tmp_path, api_keys=KEY) as running:
        headers = {"Authorization": f"Bearer {KEY}"}
        async with httpx.AsyncClient(base_url=running.url, headers=headers, timeout=15) as client:
            post = await world.mention("hello")
            await reads(world, post, "re hello")
            async with asyncio.timeout(10):
                while not (sessions := await running.gateway.store.idle(before=4e9, limit=1)):
                    await asyncio.sleep(0.01)
            yield Api(world, running, client, post, sessions[0].ref.key)


def error_of(response: httpx.Response) -> dict[str, Any]:
    body = response.json()
    assert list(body) == ["error"], body
    return dict(body["error"])


async def test_a_message_is_sent_and_found(api: Api) -> None:
    sent = await api.send({"text": "news"}, params={"wait": "10"})
    assert sent.status_code == 200
    id = sent.json()["id"]
    assert sent.json() == {"id": id, "status": "sent", "conversation": api.to, "messageId": id}
    assert texts(api.world, api.post) == ["re hello", "news"]
    found = await api.client.get(sent.headers["location"])
    assert (found.status_code, found.json()) == (200, sent.json())
    queued = await api.send({"text": "more", "author": "Weather"})
    assert (queued.status_code, queued.json()["id"] != id) == (202, True)
    assert (await reads(api.world, api.post, "more")).author == "Weather"


async def test_a_repeated_request_sends_nothing(api: Api) -> None:
    first = await api.send({"text": "news"}, headers={"Idempotency-Key": "one"}, params={"wait": "10"})
    again = await api.send({"text": "news", "idempotencyKey": "one"})
    assert (again.status_code, again.json()) == (202, first.json())
    other = await api.send({"text": "others"}, headers={"Idempotency-Key": "one"})
    assert (other.status_code, error_of(other)["where"]) == (409, "Idempotency-Key")
    assert error_of(other)["type"] == "conflict_error"
    assert texts(api.world, api.post) == ["re hello", "news"]


async def test_a_message_to_a_person(api: Api) -> None:
    grace = api.world.user("Grace").key
    sent = await api.send({"text": "psst"}, path=f"/v1/conversations/user:{grace}/messages", params={"wait": "10"})
    assert (sent.status_code, sent.json()["status"]) == (200, "sent")
    nobody = await api.send({"text": "psst"}, path=f"/v1/conversations/user:{grace}X/messages")
    assert nobody.status_code == 404


async def test_a_long_text_is_divided(api: Api) -> None:
    sent = await api.send({"text": "word " * 20_000}, params={"wait": "30"})
    assert sent.json()["status"] == "sent"
    assert sum(text.count("word") for text in texts(api.world, api.post)) == 20_000


async def test_a_broadcast_is_begun_looked_at_and_listed(api: Api) -> None:
    body = {"text": "to all", "to": {"platform": "slack", "kind": "thread", "activeSince": "2020-01-01T00:00:00Z"}}
    dry = await api.client.post("/v1/broadcasts", json={**body, "dryRun": True})
    assert (dry.status_code, dry.json()) == (200, {"total": 1})
    begun = await api.client.post("/v1/broadcasts", json=body, headers={"Idempotency-Key": "b"})
    assert (begun.status_code, begun.json()["total"]) == (202, 1)
    done = await api.ended(begun.json()["id"])
    assert {name: done[name] for name in ("state", "total", "sent", "failed", "pending", "errors")} == {
        "state": "done",
        "total": 1,
        "sent": 1,
        "failed": 0,
        "pending": 0,
        "errors": [],
    }
    assert texts(api.world, api.post) == ["re hello", "to all"]
    again = await api.client.post("/v1/broadcasts", json=body, headers={"Idempotency-Key": "b"})
    assert again.json() == done
    other = await api.client.post("/v1/broadcasts", json={**body, "text": "x"}, headers={"Idempotency-Key": "b"})
    assert other.status_code == 409
    cancelled = await api.client.post(f"/v1/broadcasts/{done['id']}/cancel")
    assert (cancelled.status_code, cancelled.json()) == (200, done)
    second = await api.client.post("/v1/broadcasts", json={"text": "again", "to": {"conversations": [api.to]}})
    await api.ended(second.json()["id"])
    page = (await api.client.get("/v1/broadcasts", params={"limit": 1})).json()
    assert ([each["id"] for each in page["data"]], page["hasMore"]) == ([second.json()["id"]], True)
    rest = (await api.client.get("/v1/broadcasts", params={"limit": 1, "cursor": page["nextCursor"]})).json()
    assert ([each["id"] for each in rest["data"]], rest["nextCursor"]) == ([done["id"]], None)


async def test_a_conversation_whose_threads_were_deleted_is_left_out(api: Api) -> None:
    begun = {"text": "to all", "to": {}}
    assert (await api.client.post("/v1/broadcasts", json={**begun, "dryRun": True})).json() == {"total": 1}
    async with asyncio.timeout(10):
        while not (threads := (await api.client.get("/v1/threads")).json()["data"]):
            await asyncio.sleep(0.01)
    assert (await api.client.delete(f"/v1/threads/{threads[0]['id']}")).status_code == 200
    assert (await api.client.post("/v1/broadcasts", json={**begun, "dryRun": True})).json() == {"total": 0}
    done = await api.ended((await api.client.post("/v1/broadcasts", json=begun)).json()["id"])
    assert (done["state"], done["total"]) == ("done", 0)
    assert (await api.send({"text": "news"})).status_code == 404
    assert texts(api.world, api.post) == ["re hello"]


async def test_a_conversation_that_is_gone_is_told_among_the_failures(api: Api) -> None:
    api.world.fail_next("send", "gone", times=1)
    begun = await api.client.post("/v1/broadcasts", json={"text": "to all", "to": {}})
    [error] = (await api.ended(begun.json()["id"]))["errors"]
    assert error["conversation"] == api.to
    assert "Gone" in error["error"]


BAD_BODIES: list[tuple[Any, str | None]] = [
    ({}, "text"),
    ({"text": None}, "text"),
    ({"text": ["a"]}, "text"),
    ({"text": ""}, "text"),
    ({"text": " \n\t"}, "text"),
    ({"text": "x" * 100_001}, "text"),
    ({"text": "x", "author": ""}, "author"),
    ({"text": "x", "author": "n" * 81}, "author"),
    ({"text": "x", "idempotencyKey": "k" * 256}, "idempotencyKey"),
    ({"text": "x", "idempotencyKey": ""}, "idempotencyKey"),
    ({"text": "x", "txet": "y"}, "txet"),
    ([], None),
    ("text", None),
]


@pytest.mark.parametrize(("body", "where"), BAD_BODIES, ids=[str(body)[:30] for body, _ in BAD_BODIES])
async def test_a_message_that_makes_no_sense_is_refused(api: Api, body: Any, where: str | None) -> None:
    refused = await api.send(body)
    assert refused.status_code == 400, refused.text
    assert error_of(refused).get("where") == where
    assert error_of(refused)["type"] == "invalid_request_error"
    assert texts(api.world, api.post) == ["re hello"]


async def test_bodies_that_cannot_be_read_are_refused(api: Api) -> None:
    async def post(content: bytes, kind: str = "application/json") -> httpx.Response:
        return await api.client.post(api.messages, content=content, headers={"Content-Type": kind})

    malformed = await post(b'{"text": "x",\n }')
    assert (malformed.status_code, error_of(malformed)["where"]) == (400, "line 2, column 2")
    assert (await post(b"\xff\xfe")).status_code == 400
    assert (await post(b"")).status_code == 400
    assert (await post(b"[" * 100_000)).status_code == 400
    assert (await post(b'{"text": ' + b"9" * 5_000 + b"}")).status_code == 400
    assert (await post(b'{"text": "\\ud800"}')).status_code == 400
    assert (await post(b'{"text": "x"}', "text/plain")).status_code == 415
    assert (await post(b'{"text": "' + b"x" * 9_000_000 + b'"}')).status_code == 413


@pytest.mark.parametrize(
    ("to", "status"),
    [
        ("nothing", 404),
        ("a%2Fb", 404),
        ("%00", 404),
        ("%25", 404),
        ("x" * 10_000, 404),
        ("user:slack", 400),
        ("user:elsewhere:T1:U1", 409),
        ("user:slack:T0OTHER:U1", 404),
    ],
)
async def test_a_conversation_that_is_not_there_is_not_found(api: Api, to: str, status: int) -> None:
    refused = await api.send({"text": "x"}, path=f"/v1/conversations/{to}/messages")
    assert refused.status_code == status, refused.text
    assert error_of(refused)["where"] == "ref"


@pytest.mark.parametrize("wait", ["", "soon", "-1", "31", "nan", "inf"])
async def test_a_wait_that_is_no_wait_is_refused(api: Api, wait: str) -> None:
    refused = await api.send({"text": "x"}, params={"wait": wait})
    assert (refused.status_code, error_of(refused)["where"]) == (400, "wait")


@pytest.mark.parametrize(
    ("to", "where"),
    [
        (None, "to"),
        ({"platform": "elsewhere"}, "to.platform"),
        ({"kind": "channel"}, "to.kind"),
        ({"activeSince": "yesterday"}, "to.activeSince"),
        ({"activeSince": "2026-01-01T00:00:00"}, "to.activeSince"),
        ({"users": ["x", 3]}, "to.users[1]"),
        ({"users": ["x"] * 10_001}, "to.users"),
        ({"users": ["slack:T0OTHER"]}, "to.users[0]"),
        ({"conversations": ["nowhere"]}, "to.conversations[0]"),
        ({"users": ["slack:T1:U1"], "kind": "dm"}, "to"),
        ({"everybody": True}, "to.everybody"),
    ],
)
async def test_an_audience_that_makes_no_sense_is_refused(api: Api, to: Any, where: str) -> None:
    refused = await api.client.post("/v1/broadcasts", json={"text": "x", "to": to})
    assert refused.status_code in (400, 404, 409), refused.text
    assert error_of(refused)["where"] == where
    assert (await api.client.get("/v1/broadcasts")).json()["data"] == []


async def test_what_is_not_there_is_not_found(api: Api) -> None:
    for path in ("/v1/messages/x", "/v1/broadcasts/x", "/v1/broadcasts/%00", f"/v1/messages/{'x' * 10_000}"):
        assert (await api.client.get(path)).status_code == 404
    assert (await api.client.post("/v1/broadcasts/x/cancel")).status_code == 404
    for cursor in ("x", "W10", "WyIiLG51bGwsIjEiXQ"):
        refused = await api.client.get("/v1/broadcasts", params={"cursor": cursor})
        assert (refused.status_code, error_of(refused)["where"]) == (400, "cursor")
    for limit in ("0", "101", "x", "-1"):
        assert (await api.client.get("/v1/broadcasts", params={"limit": limit})).status_code == 400


async def test_without_a_key_nothing_is_sent(api: Api, world: SlackWorld, tmp_path: Path) -> None:
    async with httpx.AsyncClient(base_url=api.running.url) as client:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"x-api-key": "wrong"}):
            assert (await client.post(api.messages, json={"text": "x"}, headers=headers)).status_code == 401
            assert (await client.post("/v1/broadcasts", json={}, headers=headers)).status_code == 401
            assert (await client.get("/v1/broadcasts", headers=headers)).status_code == 401
    assert texts(world, api.post) == ["re hello"]


async def test_where_there_is_no_key_there_is_no_api(world: SlackWorld, tmp_path: Path) -> None:
    async with running_bot(world, register(echo), tmp_path) as running, httpx.AsyncClient() as client:
        assert (await client.post(f"{running.url}/v1/broadcasts", json={})).status_code == 404
