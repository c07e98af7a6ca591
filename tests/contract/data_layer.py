"""What a bot's own data layer is given, on every platform."""

from pathlib import Path
from typing import Any

import httpx

import gateway as cl
from gateway import data
from gateway.chat.registry import Callbacks
from tests.contract.crashes import LivingBot
from tests.contract.history import kept
from tests.contract.reading import reads
from tests.contract.world import File, World
from tests.support.bot import RunningBot, register, running_bot
from tests.support.layers import DictLayer

REMEMBERS = """
    import json, os
    import gateway as cl
    from tests.support.layers import DictLayer

    class Layer(DictLayer):
        async def _called(self, name, about):
            with open("calls", "a") as calls:
                if name == "create_step":
                    calls.write(json.dumps([about["id"], about["output"]]) + "\\n")
            if name == "create_step" and about["output"] == "noted" and not os.path.exists("again"):
                open("again", "w").close()
                os.kill(os.getpid(), 9)

    @cl.data_layer
    def layer():
        return Layer()

    @cl.on_message
    async def main(message: cl.Message):
        await cl.Message("noted").send()
"""


def bot(layer: DictLayer) -> Callbacks:
    """Register a bot that answers each message, with this data layer."""

    def setup() -> None:
        @cl.data_layer
        def registered() -> DictLayer:
            return layer

        @cl.on_message
        async def main(message: cl.Message) -> None:
            async with cl.Step("look", type="tool") as step:
                step.output = "there"
            await cl.Message(f"you said {message.content}").send()

    return register(setup)


async def ready(running: RunningBot) -> tuple[int, dict[str, Any]]:
    """What ``/readyz`` says."""
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"{running.url}/readyz")
    return answer.status_code, answer.json()


class DataLayerContract:
    """Checks what reaches a data layer elsewhere; ``BotContract`` includes it."""

    async def test_a_registered_data_layer_gets_what_both_sides_say(self, world: World, tmp_path: Path) -> None:
        layer = DictLayer()
        async with running_bot(world, bot(layer), tmp_path):
            assert data.get_data_layer() is layer
            post = await world.mention("hello \x00 there")
            await reads(world, post, "you said hello")
            await world.reply(post, "second")
            await reads(world, post, "you said second")
        assert layer.closed
        assert data.get_data_layer() is None
        ada = world.user("Ada").key
        assert list(layer.users) == [ada]
        assert layer.users[ada].metadata["platform"] == world.name
        [(thread_id, thread)] = layer.threads.items()
        assert thread["user_id"] == f"id of {ada}"
        assert thread["name"].startswith("hello")
        assert thread["metadata"]["client_type"] == world.name
        steps = list(layer.steps.values())
        assert [step.get("type") for step in steps] == ["user_message", "tool", "assistant_message"] * 2
        assert {step.get("threadId") for step in steps} == {thread_id}
        hello = steps[0].get("output", "")
        assert hello.startswith("hello") and hello.endswith("there") and "\x00" not in hello
        assert [step.get("output") for step in steps[1:]] == [
            "there", f"you said {hello}", "second", "there", "you said second"
        ]  # fmt: skip
        assert all(step.get("createdAt", "").endswith("Z") for step in steps)  # type: ignore[union-attr]
        for table in ("users", "threads", "steps", "outbox"):
            assert kept(tmp_path, f"SELECT * FROM {table}") == []

    async def test_the_bot_answers_while_its_data_layer_is_away_and_nothing_is_lost(
        self, world: World, tmp_path: Path
    ) -> None:
        layer = DictLayer()
        layer.away = ConnectionError("no route to the database")
        async with running_bot(world, bot(layer), tmp_path) as running:
            post = await world.dm("one")
            await reads(world, post, "you said one")
            await layer.until(lambda: layer.tried)
            await world.dm("two")
            await reads(world, post, "you said two")
            await layer.until(lambda: layer.tried >= 2)
            status, body = await ready(running)
            assert (status, body["status"]) == (200, "degraded")
            assert body["problems"] == {"data_layer": "ConnectionError: no route to the database"}
            assert body["data_layer"]["waiting"] in (1, 2)
        assert layer.steps == {}
        layer.away = None
        async with running_bot(world, bot(layer), tmp_path) as running:
            await layer.until(lambda: len(layer.steps) == 6)
        assert layer.said() == ["one", "there", "you said one", "two", "there", "you said two"]
        assert kept(tmp_path, "SELECT * FROM outbox") == []

    async def test_a_thread_is_named_once(self, world: World, tmp_path: Path) -> None:
        layer = DictLayer()
        async with running_bot(world, bot(layer), tmp_path):
            post = await world.dm("hello")
            await reads(world, post, "you said hello")
            await world.dm("again")
            await reads(world, post, "you said again")
            await layer.until(lambda: len(layer.steps) == 6)
        [id] = layer.threads
        assert layer.threads[id].pop("name") == "hello"
        async with running_bot(world, bot(layer), tmp_path):
            await world.dm("after a restart")
            await reads(world, post, "you said after a restart")
            await layer.until(lambda: len(layer.steps) == 9)
        assert [about for name, about in layer.calls if name == "update_thread"][1:] != []
        assert "name" not in layer.threads[id]

    async def test_files_of_both_sides_reach_the_data_layer_with_their_contents(
        self, world: World, tmp_path: Path
    ) -> None:
        given: dict[str, tuple[bytes, str | None]] = {}

        class Reads(DictLayer):
            async def create_element(self, element: Any) -> None:
                given[element["name"]] = Path(element["path"]).read_bytes(), element["forId"]
                await super().create_element(element)

        def setup() -> None:
            @cl.data_layer
            def registered() -> DictLayer:
                return layer

            @cl.on_message
            async def main(message: cl.Message) -> None:
                await cl.Message("look", elements=[cl.File(name="out.txt", content=b"from the bot")]).send()

        layer = Reads()
        async with running_bot(world, register(setup), tmp_path):
            post = await world.dm("a file", files=[File("in.txt", b"from Ada", "text/plain")])
            await reads(world, post, "look")
            await layer.until(lambda: len(layer.elements) == 2 and len(layer.steps) == 2)
        by_text = {step.get("output"): step.get("id") for step in layer.steps.values()}
        assert given == {"in.txt": (b"from Ada", by_text["a file"]), "out.txt": (b"from the bot", by_text["look"])}

    async def test_edits_and_deletions_reach_the_data_layer(self, world: World, tmp_path: Path) -> None:
        layer = DictLayer()
        async with running_bot(world, bot(layer), tmp_path):
            first = await world.mention("first")
            await reads(world, first, "you said first")
            second = await world.reply(first, "second")
            await reads(world, first, "you said second")
            await world.edit(second, "other")
            await layer.until(lambda: layer.said("user_message") == ["first", "other"])
        async with running_bot(world, bot(layer), tmp_path):
            await world.delete(second)
            await layer.until(lambda: layer.said("user_message") == ["first"])

    async def test_killed_between_a_call_and_its_note_the_call_is_made_again_with_the_same_ids(
        self, world: World, tmp_path: Path
    ) -> None:
        async with LivingBot(world, tmp_path, REMEMBERS) as living:
            post = await world.dm("hello")
            await reads(world, post, "noted", timeout=20)
            await living.ended()
            await living.start()
            await reads(world, post, "noted", timeout=20)
            await living.terminate()
        lines = (tmp_path / "calls").read_text().splitlines()
        assert len(lines) == 4
        assert lines[:2] == lines[2:]
