"""A conversation that a data layer elsewhere keeps is resumed from it, or without it."""

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

import gateway as cl
from gateway.chat.registry import Callbacks
from gateway.drivers.slack.reading import said
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.runtime import threads
from gateway.telemetry.logs import configure_logging
from gateway.types import ThreadDict
from tests.support.bot import register, running_bot
from tests.support.layers import DictLayer


class Odd(DictLayer):
    """A layer from which threads cannot be read as they should."""

    def __init__(self, gives: Any) -> None:
        super().__init__()
        self.gives = gives

    async def get_thread(self, thread_id: str) -> ThreadDict | None:
        if self.gives == "nothing, ever":
            await asyncio.Event().wait()
        if isinstance(self.gives, Exception):
            raise self.gives
        return cast(ThreadDict, self.gives)


def remembering(layer: DictLayer, resumed: list[Any]) -> Callbacks:
    """Register a bot with a data layer, and what its ``on_chat_resume`` is given."""

    def bot() -> None:
        @cl.data_layer
        def registered() -> DictLayer:
            return layer

        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message(f"noted {message.content}", metadata={"n": 1}).send()

        @cl.on_chat_resume
        async def resume(thread: ThreadDict) -> None:
            resumed.append(thread)

    return register(bot)


async def test_a_thread_is_resumed_from_the_layer(slack: SlackEmulator, tmp_path: Path) -> None:
    layer, resumed = DictLayer(), list[Any]()
    async with running_bot(slack, remembering(layer, resumed), tmp_path):
        await slack.post(slack.dm.id, "one")
        await layer.until(lambda: "noted one" in layer.said())
    async with running_bot(slack, remembering(layer, resumed), tmp_path):
        await slack.post(slack.dm.id, "two")
        await said(slack, slack.dm.id, "noted two")
    [thread] = resumed
    assert [step["output"] for step in thread["steps"]] == ["one", "noted one"]
    assert thread["name"] == "one"
    assert thread["metadata"]["client_type"] == "slack"


@pytest.mark.parametrize(
    "gives",
    [
        "nothing, ever",
        ConnectionError("no way there"),
        "no thread",
        ["no", "thread"],
        {"steps": [None]},
        {"metadata": "none"},
        {},
        None,
    ],
    ids=repr,
)
async def test_a_layer_that_cannot_be_read_keeps_nobody_from_an_answer(
    slack: SlackEmulator,
    tmp_path: Path,
    gives: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging(form="console", debug=False)  # to the standard error that ``capsys`` reads
    monkeypatch.setattr(threads, "WITHIN", 0.1)
    layer, resumed = Odd(gives), list[Any]()
    async with running_bot(slack, remembering(layer, resumed), tmp_path):
        await slack.post(slack.dm.id, "one")
        await said(slack, slack.dm.id, "noted one")
    async with running_bot(slack, remembering(layer, resumed), tmp_path):
        await slack.post(slack.dm.id, "two")
        await said(slack, slack.dm.id, "noted two")
    [thread] = resumed
    assert (thread["steps"], thread["elements"], thread["name"]) == ([], [], "one")
    assert ("thread.unread" in capsys.readouterr().err) == (gives not in ({}, None))
