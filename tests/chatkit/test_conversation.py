"""Conversations over ChatKit: every event is one of the protocol, in its order."""

import asyncio
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from tests.chatkit import oracle
from tests.chatkit.client import Thread, bearer, connected, events_in, message
from tests.chatkit.conftest import Serve, started


def echo() -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        await cl.Message(f"You said: {message.content}").send()


async def test_a_message_is_answered_in_the_order_of_the_protocol(serve: Serve) -> None:
    async with serve(echo) as url, connected(url) as client:
        thread = await client.send("hello")
        assert thread.types == [
            "thread.created",
            "thread.item.added",
            "thread.item.done",
            "thread.item.added",
            "assistant_message.content_part.added",
            "assistant_message.content_part.text_delta",
            "assistant_message.content_part.done",
            "thread.item.done",
        ]
        assert thread.said == ["You said: hello"]
        again = await client.send("more", thread)
        assert again.said == ["You said: hello", "You said: more"]


async def test_tokens_are_streamed_as_they_come(serve: Serve) -> None:
    go = asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            answer = cl.Message("")
            await answer.stream_token("One")
            await go.wait()
            await answer.stream_token(" two")
            await answer.send()

    async with serve(bot) as url, connected(url) as client:
        thread = Thread()
        async for _, event in client.events("threads.create", input=message("count")):
            thread.apply(event)
            if thread.said == ["One"]:
                go.set()
        assert thread.said == ["One two"]
        assert thread.types.count("assistant_message.content_part.text_delta") >= 2


async def test_an_ask_closes_the_stream_and_the_next_message_answers_it(serve: Serve) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            answer = await cl.AskUserMessage("Which size?").send()
            await cl.Message(f"Size {answer['output'] if answer else None}").send()

    async with serve(bot) as url, connected(url) as client:
        thread = await client.send("order")
        assert thread.said == ["Which size?"]
        await client.send("large", thread)
        assert thread.said == ["Which size?", "Size large"]


async def test_buttons_are_a_widget_and_come_back_as_actions(serve: Serve) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message("Sure?", actions=[cl.Action(name="yes", payload={"n": 7}, label="Yes")]).send()

        @cl.action_callback("yes")
        async def yes(action: cl.Action) -> None:
            await cl.Message(f"Got {action.payload['n']}").send()

    async with serve(bot) as url, connected(url) as client:
        thread = await client.send("do it")
        assert thread.buttons() == ["Yes"]
        await client.press(thread, "Yes")
        assert thread.said == ["Sure?", "Got 7"]


async def test_state_variables_are_in_the_session(serve: Serve) -> None:
    seen: list[Any] = []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            seen.append((cl.context.platform, cl.user_session.get("state_variables"), cl.user_session.get("user")))

    workflow = {"id": "wf", "state_variables": {"plan": "free", "n": 3}}
    async with serve(bot) as url, connected(url, workflow=workflow) as client:
        await client.send("hello")
    [(platform, variables, user)] = seen
    assert (platform, variables) == ("chatkit", {"plan": "free", "n": 3})
    assert user.identifier == "chatkit:app:ada"


async def test_threads_are_listed_read_renamed_and_deleted(serve: Serve, tmp_path: Path) -> None:
    async with serve(echo) as url, connected(url) as client:
        first, second = await client.send("one"), await client.send("two")
        page = (await client.ask("threads.list")).json()
        oracle.check_threads(page)
        assert [each["id"] for each in page["data"]] == [second.id, first.id]
        page = (await client.ask("threads.list", limit=1, order="asc")).json()
        assert ([each["id"] for each in page["data"]], page["has_more"], page["after"]) == ([first.id], True, first.id)
        page = (await client.ask("threads.list", order="asc", after=first.id)).json()
        assert [each["id"] for each in page["data"]] == [second.id]
        whole = (await client.ask("threads.get_by_id", thread_id=first.id)).json()
        oracle.check_thread(whole)
        assert {each["id"]: each for each in whole["items"]["data"]} == first.items
        items = (await client.ask("items.list", thread_id=first.id, order="asc", limit=1)).json()
        oracle.check_items(items)
        assert ([each["type"] for each in items["data"]], items["has_more"]) == (["user_message"], True)
        renamed = (await client.ask("threads.update", thread_id=first.id, title="Renamed")).json()
        oracle.check_thread(renamed)
        assert renamed["title"] == "Renamed"
        assert (await client.ask("threads.delete", thread_id=first.id)).json() == {}
        assert (await client.ask("threads.get_by_id", thread_id=first.id)).status_code == 404
    with closing(sqlite3.connect(tmp_path / "gateway.db")) as database:
        kept = [row[0] for row in database.execute("SELECT output FROM steps ORDER BY output")]
        assert kept == ["You said: two", "two"]
        assert [row[0] for row in database.execute("SELECT name FROM threads")] == ["two"]
        assert database.execute("SELECT count(*) FROM documents WHERE kind = 'chatkit.item'").fetchone() == (2,)


async def test_somebody_elses_thread_is_not_there(serve: Serve) -> None:
    async with serve(echo) as url, connected(url) as ada, connected(url, "bob") as bob:
        thread = await ada.send("mine")
        item = next(iter(thread.items))
        for answer in (
            await bob.ask("threads.get_by_id", thread_id=thread.id),
            await bob.ask("threads.delete", thread_id=thread.id),
            await bob.ask("threads.update", thread_id=thread.id, title="x"),
            await bob.ask("items.list", thread_id=thread.id),
            await bob.ask("items.feedback", thread_id=thread.id, item_ids=[item], kind="positive"),
            await bob.ask("threads.add_user_message", thread_id=thread.id, input=message("x")),
            await bob.ask("threads.retry_after_item", thread_id=thread.id, item_id=item),
            await bob.http.get("/v1/chatkit/conversation", params={"thread_id": thread.id}, headers=bearer(bob.secret)),
        ):
            assert answer.status_code == 404
            assert answer.json()["error"]["message"]
        assert (await bob.ask("threads.list")).json()["data"] == []


async def test_feedback_reaches_the_bot(serve: Serve) -> None:
    heard: list[tuple[int, str]] = []
    there = asyncio.Event()

    def bot() -> None:
        echo()

        @cl.on_feedback
        async def feedback(feedback: cl.Feedback) -> None:
            heard.append((feedback.value, feedback.forId))
            if len(heard) == 2:
                there.set()

    async with serve(bot) as url, connected(url) as client:
        thread = await client.send("hello")
        answer = list(thread.items)[-1]
        for kind in ("positive", "negative"):
            given = await client.ask("items.feedback", thread_id=thread.id, item_ids=[answer], kind=kind)
            assert (given.status_code, given.json()) == (200, {})
        await asyncio.wait_for(there.wait(), 5)
        assert [value for value, _ in heard] == [1, 0]
        unknown = await client.ask("items.feedback", thread_id=thread.id, item_ids=["unknown"], kind="positive")
        assert unknown.status_code == 404


async def test_a_message_is_answered_anew_and_what_followed_is_replaced(serve: Serve) -> None:
    answers = iter(["first", "second", "third"])

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message(f"{message.content}: {next(answers)}").send()

    async with serve(bot) as url, connected(url) as client:
        thread = await client.send("try")
        asked, answered = list(thread.items)
        await client.read(thread, "threads.retry_after_item", thread_id=thread.id, item_id=asked)
        assert thread.said == ["try: second"]
        assert answered not in thread.items
        await client.read(thread, "threads.retry_after_item", thread_id=thread.id, item_id=list(thread.items)[-1])
        assert thread.said == ["try: third"]
        whole = (await client.ask("threads.get_by_id", thread_id=thread.id)).json()
        assert {each["id"] for each in whole["items"]["data"]} == set(thread.items)


async def test_messages_are_updated_and_removed(serve: Serve) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            first = await cl.Message("first").send()
            second = await cl.Message("second").send()
            first.content = "changed"
            await first.update()
            await second.remove()

    async with serve(bot) as url, connected(url) as client:
        thread = await client.send("go")
        assert thread.said == ["changed"]
        assert "thread.item.replaced" in thread.types
        assert "thread.item.removed" in thread.types


async def test_a_failed_handler_is_told_without_a_traceback(serve: Serve) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            raise RuntimeError("a secret of the author's")

    async with serve(bot, turn_retries=0) as url, connected(url) as client:
        thread = await client.send("go")
        told = " ".join([*thread.said, *thread.errors, *thread.notices])
        assert told
        assert "secret" not in told
        assert "Traceback" not in told


async def test_a_client_that_comes_back_gets_what_it_missed(serve: Serve) -> None:
    go, begun = asyncio.Event(), asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            answer = cl.Message("")
            await answer.stream_token("One")
            begun.set()
            await go.wait()
            await answer.stream_token(" two")
            await answer.send()

    async with serve(bot) as url, connected(url) as client:
        thread = Thread()
        stream = client.events("threads.create", input=message("count"))
        async for id, event in stream:
            thread.apply(event)
            thread.last_id = id
            if thread.said == ["One"]:
                break
        await stream.aclose()  # the connection is lost
        go.set()
        assert thread.last_id is not None
        await client.resume(thread)
        assert thread.said == ["One two"]
        other = Thread()
        other.id, other.last_id = thread.id, "of-an-earlier-process-7"
        await client.resume(other)
        assert other.said == ["One two"]


async def test_a_client_that_comes_back_in_the_middle_of_a_message_gets_all_of_it(serve: Serve) -> None:
    go = asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            async with cl.Step("look", type="tool"):
                answer = cl.Message("")
                await answer.stream_token("One")
                await answer.stream_token(" two")
                await go.wait()
            await answer.stream_token(" three")
            await answer.send()

    async with serve(bot) as url, connected(url) as client:
        thread = Thread()
        stream = client.events("threads.create", input=message("count"))
        async for _, event in stream:
            thread.apply(event)
            if thread.said == ["One two"]:
                break
        await stream.aclose()
        other = Thread()
        other.id, other.last_id = thread.id, "of-an-earlier-process-7"
        back = asyncio.create_task(client.resume(other))
        async with asyncio.timeout(10):
            while other.said != ["One two"]:
                await asyncio.sleep(0.01)
        go.set()
        await back
        assert other.said == ["One two three"]


async def test_a_client_that_goes_away_stops_the_turn_where_the_operator_wants_it(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATKIT_STOP_ON_DISCONNECT", "true")
    stopped = asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message("Working").send()
            await asyncio.sleep(60)

        @cl.on_stop
        async def stop() -> None:
            stopped.set()

    async with serve(bot) as url, connected(url) as client:
        stream = client.events("threads.create", input=message("go"))
        thread = Thread()
        async for _, event in stream:
            thread.apply(event)
            if thread.said == ["Working"]:
                break
        await stream.aclose()
        await asyncio.wait_for(stopped.wait(), 5)


@pytest.mark.usefixtures("serve")
async def test_a_gateway_that_ends_refuses_requests_and_leaves_threads_as_they_were(tmp_path: Path) -> None:
    async with started(echo, tmp_path) as (gateway, url), connected(url) as client:
        thread = await client.send("hello")
        await gateway.drain()
        refused = (
            await client.ask("threads.create", input=message("new")),
            await client.ask("threads.add_user_message", thread_id=thread.id, input=message("more")),
            await client.ask("threads.retry_after_item", thread_id=thread.id, item_id=next(iter(thread.items))),
        )
        assert [(each.status_code, each.headers["retry-after"]) for each in refused] == [(503, "5")] * 3
        assert [each["id"] for each in (await client.ask("threads.list")).json()["data"]] == [thread.id]
        items = (await client.ask("items.list", thread_id=thread.id, order="asc")).json()["data"]
        assert items == list(thread.items.values())


async def test_history_off_lists_nothing_and_recent_threads_bound_it(serve: Serve) -> None:
    async with serve(echo) as url, connected(url) as client:
        threads = [await client.send(str(number)) for number in range(3)]
        await client.create_session(chatkit_configuration={"history": {"enabled": False}})
        assert (await client.ask("threads.list")).json()["data"] == []
        await client.create_session(chatkit_configuration={"history": {"recent_threads": 2}})
        page = (await client.ask("threads.list", limit=1)).json()
        assert ([each["id"] for each in page["data"]], page["has_more"]) == ([threads[2].id], True)
        page = (await client.ask("threads.list", after=threads[2].id)).json()
        assert ([each["id"] for each in page["data"]], page["has_more"]) == ([threads[1].id], False)


async def test_titles_are_made_unless_the_session_wants_none(serve: Serve) -> None:
    untitled = {"automatic_thread_titling": {"enabled": False}}
    async with serve(echo) as url, connected(url) as client:
        assert (await client.send("A long  story " + "x" * 300)).title is not None
        assert len((await client.send("y" * 300)).title or "") <= 200
        await client.create_session(chatkit_configuration=untitled)
        thread = await client.send("hello")
        assert thread.title is None
        whole = (await client.ask("threads.get_by_id", thread_id=thread.id)).json()
        assert whole["title"] is None


async def test_files_of_the_bot_are_links_that_need_no_header(serve: Serve) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message("Here", elements=[cl.File(name="a b.txt", content=b"the words")]).send()

    async with serve(bot) as url, connected(url) as client:
        thread = await client.send("a file, please")
        [text] = thread.said
        found = re.search(r"\[a b\.txt\]\(<(http[^>]+)>\)", text)
        assert found is not None
        answer = await client.http.get(found[1])
        assert (answer.status_code, answer.content) == (200, b"the words")
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"type": "threads.unknown", "params": {}}', 400),
        (b'{"params": {}}', 400),
        (b'{"type": "threads.create", "params": {}}', 400),
        (b'{"type": "threads.create", "params": {"input": {"content": [], "attachments": []}}}', 400),
        (b'{"type": "threads.create", "params": {"input": {"content": [{"type": "input_text", "text": " "}]}}}', 400),
        (b'{"type": "threads.create", "params": {"input": {"content": [{"type": "image"}]}}}', 400),
        (b'{"type": "threads.get_by_id", "params": {"thread_id": ""}}', 400),
        (b'{"type": "threads.get_by_id", "params": {"thread_id": "cthr_unknown"}}', 404),
        (b'{"type": "items.list", "params": {"thread_id": "x", "limit": 1000}}', 400),
        (b'{"type": "threads.list", "params": {"after": "unknown"}}', 400),
    ],
)
async def test_bad_requests_are_refused_with_where(serve: Serve, body: bytes, status: int) -> None:
    async with serve(echo) as url, connected(url) as client:
        answer = await client.http.post("/v1/chatkit/conversation", content=body, headers=bearer(client.secret))
        assert answer.status_code == status
        assert answer.json()["error"]["message"]


async def test_the_quirks_of_ruby_chatkit_are_tolerated(serve: Serve) -> None:
    seen: list[str] = []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            seen.append(message.content)
            await cl.Message("fine").send()

    wish = {
        "type": "threads.create",
        "params": {
            "thread_id": "of another thread",
            "input": {
                "content": [{"type": "input_text", "text": "hello"}],
                "quote_text": "what was said",
                "attachments": [],
                "inference_options": {"tool_choice": None, "model": None},
                "more": {"that": "nobody knows"},
            },
        },
    }
    async with serve(bot) as url, connected(url) as client:
        async with client.http.stream(
            "POST", "/v1/chatkit/conversation", json=wish, headers=bearer(client.secret)
        ) as answer:
            thread = Thread()
            async for _, event in events_in(answer):
                thread.apply(event)
        assert thread.said == ["fine"]
        assert thread.id != "of another thread"
    assert seen == ["> what was said\n\nhello"]
