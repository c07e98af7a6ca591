"""Threads and their items by OpenAI's own SDK."""

import asyncio
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

import httpx
import openai
import pytest
from openai.types.beta.chatkit.chatkit_thread_item_list import Data
from pydantic import TypeAdapter

import gateway as cl
from gateway.model import API_KEY, Document, StoredApiKey
from gateway.store import SQLiteStore
from tests.chatkit.client import KEY, Client, bearer, connected, message
from tests.chatkit.conftest import Serve
from tests.chatkit.test_sessions import echo, sdk


async def test_threads_are_listed_newest_first_and_in_pages(serve: Serve) -> None:
    async with serve(echo) as url, connected(url) as ada, connected(url, "bob") as bob, sdk(url) as client:
        first, second = await ada.send("one"), await ada.send("two")
        third = await bob.send("three")
        threads = client.beta.chatkit.threads
        every = [thread async for thread in threads.list()]
        assert [(thread.id, thread.user, thread.title) for thread in every] == [
            (third.id, "bob", "three"),
            (second.id, "ada", "two"),
            (first.id, "ada", "one"),
        ]
        assert {thread.status.type for thread in every} == {"active"}
        assert [thread.id for thread in (await threads.list(user="ada", order="asc")).data] == [first.id, second.id]
        assert [thread.id async for thread in threads.list(limit=1)] == [third.id, second.id, first.id]
        page = await threads.list(limit=1, after=third.id)
        assert ([thread.id for thread in page.data], page.has_more, page.last_id) == ([second.id], True, second.id)
        before = await threads.list(before=first.id, limit=1)
        assert [thread.id for thread in before.data] == [second.id]
        found = await threads.retrieve(first.id)
        assert (found.id, found.object, found.user) == (first.id, "chatkit.thread", "ada")


async def test_items_have_the_ids_of_the_stream(serve: Serve) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            async with cl.Step(name="look", type="tool") as step:
                step.output = "found"
            await cl.Message("Sure?", actions=[cl.Action(name="yes", payload={}, label="Yes")]).send()

    async with serve(bot) as url, connected(url) as ada, sdk(url) as client:
        thread = await ada.send("do it")
        items = (await client.beta.chatkit.threads.list_items(thread.id, order="asc")).data
        assert {item.id for item in items} == set(thread.items)
        by_type = {item.type: item for item in items}
        assert by_type["chatkit.user_message"].content[0].text == "do it"  # type: ignore[union-attr]
        assert by_type["chatkit.assistant_message"].content[0].text == "Sure?"  # type: ignore[union-attr]
        assert '"label": "Yes"' in by_type["chatkit.widget"].widget  # type: ignore[union-attr]
        newest = await client.beta.chatkit.threads.list_items(thread.id, limit=1)
        assert ([item.id for item in newest.data], newest.has_more) == ([items[-1].id], True)


async def test_every_item_is_one_of_the_sdk(serve: Serve) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.TaskList(tasks=[cl.Task("Look", cl.TaskStatus.DONE)], status="busy").send()
            sources = [cl.Citation(title="A page", url="https://example.com/a"), cl.Citation(title="A book")]
            await cl.Message("So it is [1] [2].", citations=sources).send()
            await cl.Message("Sure?", actions=[cl.Action(name="yes", payload={}, label="Yes")]).send()

    upload = {"file_upload": {"enabled": True}}
    async with serve(bot) as url, connected(url, chatkit_configuration=upload) as ada:
        files = {"file": ("a.png", b"\x89PNG", "image/png")}
        file = (await ada.http.post("/v1/chatkit/files", files=files, headers=bearer(ada.secret))).json()
        thread = await ada.send("look", attachments=[file["id"]], quoted_text="said before")
        answer = await ada.http.get(f"/v1/chatkit/threads/{thread.id}/items?order=asc", headers=bearer(KEY))
        raw = answer.json()["data"]
        assert [item["type"] for item in raw] == [
            "chatkit.user_message",
            "chatkit.task_group",
            "chatkit.assistant_message",
            "chatkit.assistant_message",
            "chatkit.widget",
        ]
        for item in raw:
            TypeAdapter(Data).validate_python(item, strict=True)
        (asked, group, said, *_) = raw
        assert [part["type"] for part in asked["content"]] == ["input_text", "quoted_text"]
        assert [each["id"] for each in asked["attachments"]] == [file["id"]]  # links differ in their second
        assert group["tasks"][0]["heading"] == "Look"
        assert [each["source"]["type"] for each in said["content"][0]["annotations"]] == ["url", "file"]


async def test_a_thread_whose_turn_does_not_end_is_not_deleted(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.ingress.suspension.END_WITHIN", 0.1)
    monkeypatch.setattr("gateway.ingress.breaking_off.CANCEL_WITHIN", 0.1)
    end = asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            while not end.is_set():
                with suppress(asyncio.CancelledError):
                    await end.wait()

    async with serve(bot) as url, connected(url) as ada, sdk(url) as client:
        events = ada.events("threads.create", input=message("hello"))
        _, created = await anext(events)
        id = created["thread"]["id"]
        with pytest.raises(openai.ConflictError, match="does not end"):
            await client.beta.chatkit.threads.delete(id)
        assert (await client.beta.chatkit.threads.retrieve(id)).id == id
        end.set()
        await events.aclose()


async def test_a_deleted_thread_is_gone_with_all_that_was_kept(serve: Serve) -> None:
    async with serve(echo) as url, connected(url) as ada, sdk(url) as client:
        thread, other = await ada.send("a secret word"), await ada.send("another")
        deleted = await client.beta.chatkit.threads.delete(thread.id)
        assert (deleted.id, deleted.deleted, deleted.object) == (thread.id, True, "chatkit.thread.deleted")
        with pytest.raises(openai.NotFoundError):
            await client.beta.chatkit.threads.retrieve(thread.id)
        assert [each.id for each in (await client.beta.chatkit.threads.list()).data] == [other.id]
        answer = await ada.ask("threads.get_by_id", thread_id=thread.id)
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 400),
        ("limit=101", 400),
        ("limit=x", 400),
        ("limit=00000000199999", 400),
        ("limit=-1", 400),
        ("order=up", 400),
        ("after=unknown", 400),
        ("before=unknown", 400),
        ("limit=100&order=asc", 200),
    ],
)
async def test_pages_that_cannot_be_are_refused(serve: Serve, query: str, status: int) -> None:
    async with serve(echo) as url, httpx.AsyncClient(base_url=url) as http:
        answer = await http.get(f"/v1/chatkit/threads?{query}", headers=bearer(KEY))
        assert answer.status_code == status
        assert (status == 200) == ("error" not in answer.json())


async def test_threads_need_an_api_key(serve: Serve) -> None:
    async with serve(echo) as url, httpx.AsyncClient(base_url=url) as http:
        client = Client(http)
        await client.create_session()
        for path in ("/v1/chatkit/threads", "/v1/chatkit/threads/x", "/v1/chatkit/threads/x/items"):
            assert (await http.get(path)).status_code == 401
            assert (await http.get(path, headers=bearer(client.secret))).status_code == 401
        assert (await http.delete("/v1/chatkit/threads/x")).status_code == 401


async def test_keys_need_the_scope_and_writes_are_in_the_audit(serve: Serve, tmp_path: Path) -> None:
    key, stored = StoredApiKey.issue(name="reader", scopes=["read"], now=time.time())
    store = SQLiteStore(tmp_path / "gateway.db")
    await store.open()
    await store.put_documents([Document(kind=API_KEY, id=stored.id, body=stored.to_body())])
    await store.close()
    async with serve(echo) as url, connected(url) as ada, sdk(url) as client, sdk(url, key) as reader:
        thread = await ada.send("hello")
        reading = reader.beta.chatkit
        assert [each.id for each in (await reading.threads.list()).data] == [thread.id]
        with pytest.raises(openai.PermissionDeniedError, match="write"):
            await reading.threads.delete(thread.id)
        with pytest.raises(openai.PermissionDeniedError, match="write"):
            await reading.sessions.create(user="ada", workflow={"id": "wf"})
        await client.beta.chatkit.threads.delete(thread.id)
        with closing(sqlite3.connect(tmp_path / "gateway.db")) as database:
            actions = [action for (action,) in database.execute("SELECT action FROM audit ORDER BY rowid")]
    assert actions == ["chatkit.session.created", "chatkit.thread.deleted"]
