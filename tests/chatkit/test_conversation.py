"""Conversations over ChatKit: every event is one of the protocol, in its order."""

import asyncio
from typing import Any

import gateway as cl
from tests.chatkit.client import Thread, connected
from tests.chatkit.conftest import Serve


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
        async for _, event in client.events("threads.create", input=_input("count")):
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


def _input(text: str) -> dict[str, Any]:
    return {"content": [{"type": "input_text", "text": text}], "attachments": [], "inference_options": {}}
