"""Requests that are repeated under their ``Idempotency-Key``: what they ask for is done once, also across a crash."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

import gateway as cl
from tests.chatkit.client import KEY, Client, Thread, bearer, connected, message
from tests.chatkit.conftest import Serve, started
from tests.support.process import BotProcess

SLOW = """
    import pathlib

    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        await cl.Message(f"got {message.content}").send()
        if not pathlib.Path("killed").exists():
            await cl.sleep(60)
        await cl.Message("end").send()
"""


class Counting:
    """A bot that counts what it is asked."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.pressed = 0

    def __call__(self) -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            self.heard.append(message.content)
            await cl.Message(
                f"You said: {message.content}", actions=[cl.Action(name="yes", payload={}, label="Yes")]
            ).send()

        @cl.action_callback("yes")
        async def yes(action: cl.Action) -> None:
            self.pressed += 1
            await cl.Message("pressed").send()
            await action.remove()


async def ask(client: Client, key: str, type: str, *, into: Thread | None = None, **params: Any) -> Thread:
    """Make a request under an idempotency key, and return the thread as its stream shows it."""
    return await client.read(into or Thread(), type, key=key, **params)


async def refusal(client: Client, key: str, type: str, **params: Any) -> httpx.Response:
    """Make a request that is refused, and return the answer."""
    with pytest.raises(httpx.HTTPStatusError) as refused:
        await ask(client, key, type, **params)
    return refused.value.response


async def items(client: Client, thread: Thread) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.ask("items.list", thread_id=thread.id, order="asc", limit=100)).json()[
        "data"
    ]
    return found


async def test_a_thread_is_made_once_and_what_happened_is_streamed_again(serve: Serve) -> None:
    bot = Counting()
    async with serve(bot) as url, connected(url) as client:
        first = await ask(client, "one", "threads.create", input=message("hello"))
        again = await ask(client, "one", "threads.create", input=message("hello"))
        assert (again.id, again.items, again.types) == (first.id, first.items, first.types)
        await client.create_session()  # the same person, who came back with another session
        assert (await ask(client, "one", "threads.create", input=message("hello"))).id == first.id
        assert bot.heard == ["hello"]
        assert len((await client.ask("threads.list")).json()["data"]) == 1
        assert len(await items(client, first)) == len(first.items)


async def test_a_message_is_added_once(serve: Serve) -> None:
    bot = Counting()
    async with serve(bot) as url, connected(url) as client:
        thread = await client.send("first")
        for _ in range(2):
            added = Thread()
            await ask(client, "k", "threads.add_user_message", into=added, thread_id=thread.id, input=message("second"))
            assert added.said == ["You said: second"]
        assert bot.heard == ["first", "second"]
        assert [each["type"] for each in await items(client, thread)].count("user_message") == 2


async def test_an_action_is_done_once_though_its_button_is_gone(serve: Serve) -> None:
    bot = Counting()
    async with serve(bot) as url, connected(url) as client:
        thread = await client.send("go")
        [widget] = thread.widgets()
        action = widget["widget"]["children"][0]["onClickAction"]
        for _ in range(2):
            after = Thread()
            after.items = dict(thread.items)
            wish = {"thread_id": thread.id, "item_id": widget["id"], "action": action}
            await ask(client, "press", "threads.custom_action", into=after, **wish)
            assert after.said == ["You said: go", "pressed"]
            assert after.widgets() == []
        assert bot.pressed == 1


async def test_a_message_is_answered_anew_once(serve: Serve) -> None:
    bot = Counting()
    async with serve(bot) as url, connected(url) as client:
        thread = await client.send("go")
        last = list(thread.items)[-1]
        for _ in range(2):
            await ask(client, "again", "threads.retry_after_item", into=thread, thread_id=thread.id, item_id=last)
            assert thread.said == ["You said: go"]
        assert bot.heard == ["go", "go"]
        assert {each["id"] for each in await items(client, thread)} == set(thread.items)


async def test_feedback_is_given_once(serve: Serve) -> None:
    heard: list[int] = []
    there = asyncio.Event()

    def bot() -> None:
        Counting()()

        @cl.on_feedback
        async def feedback(feedback: cl.Feedback) -> None:
            heard.append(feedback.value)
            if feedback.value == 0:
                there.set()

    async with serve(bot) as url, connected(url) as client:
        thread = await client.send("hello")
        answer = list(thread.items)[1]
        body = {"type": "items.feedback", "params": {"thread_id": thread.id, "item_ids": [answer], "kind": "positive"}}
        headers = {**bearer(client.secret), "Idempotency-Key": "up"}
        for _ in range(2):
            given = await client.http.post("/v1/chatkit/conversation", json=body, headers=headers)
            assert (given.status_code, given.json()) == (200, {})
        await client.ask("items.feedback", thread_id=thread.id, item_ids=[answer], kind="negative")
        await asyncio.wait_for(there.wait(), 5)
        assert heard == [1, 0]


async def test_requests_at_the_same_time_are_one(serve: Serve) -> None:
    bot = Counting()
    async with serve(bot) as url, connected(url) as client:
        threads = await asyncio.gather(
            *(ask(client, "one", "threads.create", input=message("hello")) for _ in range(5))
        )
        assert len({each.id for each in threads}) == 1
        assert all(each.said == ["You said: hello"] for each in threads)
        assert bot.heard == ["hello"]


async def test_another_request_under_the_same_key_is_refused(serve: Serve) -> None:
    bot = Counting()
    async with serve(bot) as url, connected(url) as client, connected(url, "bob") as bob:
        thread = await ask(client, "one", "threads.create", input=message("hello"))
        other = await refusal(client, "one", "threads.create", input=message("others"))
        assert other.status_code == 409
        error = other.json()["error"]
        assert (error["type"], error["param"], error["code"]) == ("conflict_error", "Idempotency-Key", None)
        same = await refusal(client, "one", "threads.add_user_message", thread_id=thread.id, input=message("hello"))
        assert same.status_code == 409
        assert (await ask(bob, "one", "threads.create", input=message("hello"))).id != thread.id
        for key in ("", "k" * 256):
            refused = await refusal(client, key, "threads.create", input=message("hello"))
            assert (refused.status_code, refused.json()["error"]["param"]) == (400, "Idempotency-Key")
        assert bot.heard == ["hello", "hello"]


async def test_a_deleted_thread_is_not_made_again(serve: Serve) -> None:
    bot = Counting()
    async with serve(bot) as url, connected(url) as client:
        thread = await ask(client, "one", "threads.create", input=message("hello"))
        await client.ask("threads.delete", thread_id=thread.id)
        assert (await refusal(client, "one", "threads.create", input=message("hello"))).status_code == 404
        assert (await client.ask("threads.list")).json()["data"] == []
        assert bot.heard == ["hello"]


@pytest.mark.usefixtures("serve")
async def test_what_an_ending_gateway_refused_is_done_by_the_next_one(tmp_path: Path) -> None:
    bot = Counting()
    async with started(bot, tmp_path) as (gateway, url), connected(url) as client:
        await gateway.drain()
        assert (await refusal(client, "one", "threads.create", input=message("hello"))).status_code == 503
    async with started(bot, tmp_path) as (_, url), connected(url) as client:
        first = await ask(client, "one", "threads.create", input=message("hello"))
        assert first.said == ["You said: hello"]
    async with started(bot, tmp_path) as (_, url), connected(url) as client:
        again = await ask(client, "one", "threads.create", input=message("hello"))
        assert (again.id, again.items) == (first.id, first.items)
        assert len((await client.ask("threads.list")).json()["data"]) == 1
    assert bot.heard == ["hello"]


async def test_a_request_that_is_repeated_after_a_crash_is_done_once(tmp_path: Path) -> None:
    async with BotProcess(tmp_path, SLOW, {"GATEWAY_API_KEYS": KEY}) as bot:
        async with connected(bot.url) as client:
            thread = Thread()
            stream = client.events("threads.create", key="one", input=message("hello"))
            async for _, event in stream:
                thread.apply(event)
                if thread.said:
                    break
            await bot.kill()
            await stream.aclose()
        (tmp_path / "killed").touch()
        await bot.start()
        async with connected(bot.url) as client:
            again = await ask(client, "one", "threads.create", input=message("hello"))
            assert (again.id, again.said) == (thread.id, ["got hello", "end"])
            await ask(client, "two", "threads.add_user_message", into=again, thread_id=again.id, input=message("more"))
            await bot.restart()
            after: dict[str, Any] = {"thread_id": again.id, "input": message("more")}
            repeated = await ask(client, "two", "threads.add_user_message", **after)
            assert [each["type"] for each in repeated.items.values()] == ["user_message", *["assistant_message"] * 2]
            assert repeated.said == ["got more", "end"]
            assert len((await client.ask("threads.list")).json()["data"]) == 1
