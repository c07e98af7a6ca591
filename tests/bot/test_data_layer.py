"""A bot with a data layer elsewhere, end to end on Slack."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import gateway as cl
from gateway.chat.registry import Callbacks
from gateway.data import get_data_layer
from gateway.data.sql_alchemy import SQLAlchemyDataLayer
from gateway.data.storage_clients.local import LocalStorageClient
from gateway.element import Element, ElementDict
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.errors import SettingsError
from gateway.outbox.deliverer import AT_ONCE
from gateway.types import Pagination, ThreadFilter
from tests.contract.reading import reads
from tests.contract.rights import found_in, gateway_data
from tests.data.databases import Documented, documented
from tests.slack.world import SlackWorld
from tests.support.bot import register, running_bot
from tests.support.layers import DictLayer


def answering(make: Any) -> Callbacks:
    """Register a bot that answers, with a function that makes its data layer."""

    def setup() -> None:
        cl.data_layer(make)

        @cl.on_message
        async def main(message: cl.Message) -> None:
            async with cl.Step("look", type="tool") as step:
                step.output = "there"
            await cl.Message(f"you said {message.content}").send()

    return register(setup)


@pytest.fixture
async def harness() -> AsyncIterator[Documented]:
    async with documented() as harness:
        yield harness


async def test_postgresql_has_the_conversation_as_it_was(
    slack: SlackEmulator, harness: Documented, tmp_path: Path
) -> None:
    world = SlackWorld(slack)
    url = harness.engine.url.render_as_string(hide_password=False)
    callbacks = answering(lambda: SQLAlchemyDataLayer(url, storage_provider=harness.folder))
    async with running_bot(world, callbacks, tmp_path):
        first = await world.mention("hello")
        await reads(world, first, "you said hello")
        second = await world.reply(first, "draft")
        await reads(world, first, "you said draft")
        await world.edit(second, "final")
        await world.settled()
        [said] = [each for each in world.said(first.place) if "you said hello" in each.text]
        await world.thumbs(said, up=True)
        await world.settled()
        await world.dm("beside")
    layer = harness.layer
    ada = await layer.get_user(world.user("Ada").key)
    assert ada is not None
    page = await layer.list_threads(Pagination(first=10), ThreadFilter(userId=ada.id, search="hello"))
    [thread] = page.data
    assert (thread["name"], thread["userIdentifier"]) == ("hello", ada.identifier)
    assert [(step.get("type"), step.get("output")) for step in thread["steps"]] == [
        ("user_message", "hello"),
        ("tool", "there"),
        ("assistant_message", "you said hello"),
        ("user_message", "final"),
        ("tool", "there"),
        ("assistant_message", "you said draft"),
    ]
    rated = thread["steps"][2].get("feedback")
    assert rated is not None
    assert rated["value"] == 1


async def test_what_a_layer_keeps_in_a_folder_is_read_by_the_gateways_links(
    slack: SlackEmulator, harness: Documented, tmp_path: Path
) -> None:
    world = SlackWorld(slack)
    url = harness.engine.url.render_as_string(hide_password=False)
    kept = asyncio.Event()

    class Layer(SQLAlchemyDataLayer):
        async def create_element(self, element: Element | ElementDict) -> ElementDict | None:
            made = await super().create_element(element)
            kept.set()
            return made

    def setup() -> None:
        cl.data_layer(lambda: Layer(url, storage_provider=LocalStorageClient(folder=tmp_path / "files")))

        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message("here", elements=[cl.File(name="ü a.txt", content=b"kept")]).send()

    async with running_bot(world, register(setup), tmp_path) as running:
        post = await world.mention("hello")
        await reads(world, post, "here")
        async with asyncio.timeout(10):
            await kept.wait()
        layer = get_data_layer()
        assert layer is not None
        user = await layer.get_user(world.user("Ada").key)
        assert user is not None
        [thread] = (await layer.list_threads(Pagination(first=1), ThreadFilter(userId=user.id))).data
        [element] = thread["elements"] or []
        address = element["url"] or ""
        assert address.startswith(f"{running.url}/files/")
        async with httpx.AsyncClient() as http:
            answer = await http.get(address)
            assert (answer.status_code, answer.content) == (200, b"kept")
            assert (await http.get(address[:-1])).status_code == 403


async def test_a_layer_that_hangs_keeps_nobody_from_an_answer_and_gets_all_when_it_is_back(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    world = SlackWorld(slack)
    layer = DictLayer()
    layer.hangs = True
    async with running_bot(world, answering(lambda: layer), tmp_path, data_layer_timeout=0.1) as running:
        for number in range(5):
            post = await world.mention(f"number {number}")
            await reads(world, post, f"you said number {number}")
        await layer.until(lambda: layer.tried > AT_ONCE)
        async with httpx.AsyncClient() as http:
            answer = await http.get(f"{running.url}/readyz")
        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
        assert answer.json()["problems"] == {"data_layer": "TimeoutError: no answer within 0.1 s"}
        layer.hangs = False
        await layer.until(lambda: len(layer.steps) == 15)


async def test_a_function_that_does_not_return_does_not_hold_up_the_start(slack: SlackEmulator, tmp_path: Path) -> None:
    world = SlackWorld(slack)
    layer, there = DictLayer(), asyncio.Event()

    async def make() -> DictLayer:
        await there.wait()
        return layer

    async with running_bot(world, answering(make), tmp_path):
        post = await world.dm("hello")
        await reads(world, post, "you said hello")
        assert get_data_layer() is None
        there.set()
        await layer.until(lambda: len(layer.steps) == 3)
        assert get_data_layer() is layer


async def test_what_is_no_data_layer_ends_the_start(slack: SlackEmulator, tmp_path: Path) -> None:
    world = SlackWorld(slack)
    with pytest.raises(SettingsError, match="an object of list, which is no data layer"):
        async with running_bot(world, answering(list), tmp_path):
            pass


async def test_with_history_off_nothing_reaches_the_layer(slack: SlackEmulator, tmp_path: Path) -> None:
    world = SlackWorld(slack)
    layer = DictLayer()
    async with running_bot(world, answering(lambda: layer), tmp_path, history="off"):
        post = await world.dm("hello")
        await reads(world, post, "you said hello")
        assert get_data_layer() is layer
    assert layer.calls == []


async def test_on_chat_resume_has_the_steps_that_the_layer_has(slack: SlackEmulator, tmp_path: Path) -> None:
    world = SlackWorld(slack)
    layer = DictLayer()
    resumed: list[Any] = []

    def bot() -> Callbacks:
        callbacks = answering(lambda: layer)
        callbacks.on_chat_resume = resumed.append
        return callbacks

    async with running_bot(world, bot(), tmp_path):
        post = await world.dm("hello")
        await reads(world, post, "you said hello")
    async with running_bot(world, bot(), tmp_path):
        await world.dm("again")
        await reads(world, post, "you said again")
    [thread] = resumed
    assert [step["output"] for step in thread["steps"]] == ["hello", "there", "you said hello"]
    assert (thread["name"], thread["userId"]) == ("hello", f"id of {world.user('Ada').key}")


async def test_what_waits_of_a_person_who_is_erased_never_arrives(slack: SlackEmulator, tmp_path: Path) -> None:
    world = SlackWorld(slack)
    layer = DictLayer()
    layer.hangs = True
    async with running_bot(world, answering(lambda: layer), tmp_path):
        post = await world.dm("kanarienwort")
        await reads(world, post, "you said kanarienwort")
        await layer.until(lambda: layer.tried)
        ran = await gateway_data(tmp_path, "erase", "--user", world.user("Ada").key)
        assert ran.code == 0, ran
        assert found_in(tmp_path, "kanarienwort") == []
        layer.hangs = False
        await world.dm("new words")
        await layer.until(lambda: "you said new words" in layer.said())
    assert layer.said() == ["new words", "there", "you said new words"]
    assert "kanarienwort" not in repr((layer.threads, layer.calls))
