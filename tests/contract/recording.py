"""Recording a bot on a platform and playing it again. A platform's tests inherit it."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

from gateway.loading import load_bot
from gateway.platforms import registry
from gateway.recording.file import read
from gateway.recording.recorder import Recorder
from gateway.recording.replacing import Words
from gateway.recording.running import Replayed, replay
from gateway.settings import GatewaySettings
from tests.contract.reading import reads, shows, texts
from tests.contract.world import File, World
from tests.support.bot import RunningBot, running_bot

HELPER = Path(__file__).parents[1] / "recordings" / "helper.py"

BROKEN = HELPER.read_text().replace("**Heard:**", "Heard").replace('cl.Message("Gone")', 'cl.Message("Went away")')

WORDY = """
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        if message.content == "weather":
            await cl.Message("It rains.").send()
        else:
            await cl.Message(f"What is {message.content}?").send()
"""
"""A bot that decides by words."""

ASKING = """
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        asked = await cl.AskUserMessage("Who is it for?", timeout=30).send()
        await cl.Message(f"Made for {asked['output']}").send()
"""


HOLDING = """
    import asyncio
    import gateway as cl

    released = asyncio.Event()
    state = "holding"

    @cl.on_message
    async def main(message: cl.Message):
        global state
        if message.content == "hold":
            await cl.Message("holding").send()
            await released.wait()
            state = "released"
        elif message.content == "release":
            await cl.Message("set").send()
            released.set()
        else:
            await cl.Message(f"heard {message.content} after {state}").send()
"""
"""A bot of which one conversation waits for another one."""


def written(folder: Path, source: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "bot.py"
    path.write_text(dedent(source))
    return path


@asynccontextmanager
async def recorded(
    world: World, bot: Path, folder: Path, *, words: Words = "mask", **settings: Any
) -> AsyncIterator[RunningBot]:
    """Run a bot on a platform, and record it into the folder."""
    told = GatewaySettings(_env_file=None, **settings)
    with Recorder.into(folder / "recorded", told, version="0", words=words) as recorder:
        async with running_bot(world, load_bot(bot), folder / "data", wrap=recorder.wrap, **settings) as running:
            yield running


async def played(bot: Path, folder: Path) -> Replayed:
    """Play what was recorded into the folder. What waits for something that does not come waits longer than a test may
    take."""
    return await replay(read(folder / "recorded" / "recording-0001.jsonl"), bot, registry(), patience=600)


def differences(replayed: Replayed) -> list[str]:
    return [
        f"{each.result} {each.what} after {each.after}: {each.diff}"
        for each in replayed.compared
        if each.result != "same"
    ]


async def use_everything(world: World) -> None:
    """Do what people do with the helper."""
    notes = File("Budget of Ada.csv", b"a,b\n1,2\n", "text/csv")
    post = await world.mention("please compute confidential figures for @Grace at ada@lovelace.example", files=[notes])
    answer = await reads(world, post, "Heard:")
    settings = await reads(world, post, "settings")
    await world.click(await shows(world, post, "Proceed"), "Proceed")
    await reads(world, post, "Gone")
    await world.click(settings, settings.buttons[0])
    await world.wait_for(lambda: world.form() is not None)
    await world.submit({"City": "Timbuktu", "Size": "large", "Loud": True})
    await reads(world, post, "large True")
    await world.thumbs(answer, up=True)
    await reads(world, post, "Rated 1")
    await world.reply(post, "another thought")
    await reads(world, post, "another thought")
    direct = await world.dm(
        "between the two of us", files=[File("Diary.png", b"\x89PNG\r\n\x1a\n" + bytes(64), "image/png")]
    )
    await reads(world, direct, "1 files")
    await world.dm("/settings")
    await world.wait_for(lambda: sum("settings" in text for text in texts(world, direct)) == 2)


class RecordingContract:
    """Checks that what was recorded on an emulated platform can be played again."""

    async def test_what_people_saw_is_what_they_see_again(self, world: World, tmp_path: Path) -> None:
        async with recorded(world, HELPER, tmp_path, feedback="on"):
            await use_everything(world)
        again = await played(HELPER, tmp_path)
        assert differences(again) == []
        assert len(again.compared) > 6
        assert not [each for each in again.arrivals if each.skipped]

        changed = await played(written(tmp_path / "changed", BROKEN), tmp_path)
        assert {each.result for each in changed.compared} == {"same", "differs"}
        assert not changed.same
        self.holds_nothing_personal((tmp_path / "recorded" / "recording-0001.jsonl").read_text())

    def holds_nothing_personal(self, text: str) -> None:
        said = "please compute confidential figures lovelace Budget another thought between Diary Timbuktu"
        for word in (*said.split(), "Heard", "Proceed", "Gone", "Ada", "Grace", "GRACE", "Hopper", "xoxb"):
            assert not re.search(rf"\b{re.escape(word)}\b", text), word
        assert "/settings" in text  # commands are kept

    async def test_words_that_are_kept_are_heard_again(self, world: World, tmp_path: Path) -> None:
        bot = written(tmp_path, WORDY)
        async with recorded(world, bot, tmp_path, words="keep"):
            post = await world.dm("weather")
            await reads(world, post, "It rains.")
            await world.dm("Grace Hopper grace@gateway.example")
            await reads(world, post, "What is")
        text = (tmp_path / "recorded" / "recording-0001.jsonl").read_text()
        assert "weather" in text and "It rains." in text
        assert "grace" not in text.lower().replace("grace hopper", "") or "grace@" not in text
        assert "grace@gateway.example" not in text
        assert differences(await played(bot, tmp_path)) == []

    async def test_an_answer_to_a_question_finds_its_turn_again(self, world: World, tmp_path: Path) -> None:
        bot = written(tmp_path, ASKING)
        async with recorded(world, bot, tmp_path):
            post = await world.dm("a present")
            await reads(world, post, "Who is it for?")
            await world.dm("my friend")
            await reads(world, post, "Made for")
        again = await played(bot, tmp_path)
        assert differences(again) == []
        assert [each.after for each in again.compared] == [1, 2]

    async def test_what_came_while_a_turn_ran_comes_while_it_runs_again(self, world: World, tmp_path: Path) -> None:
        bot = written(tmp_path, HOLDING)
        async with recorded(world, bot, tmp_path, words="keep"):
            held = await world.dm("hold")
            await reads(world, held, "holding")
            await world.delivered(await world.dm("next"))
            await reads(world, await world.mention("release"), "set")
            await reads(world, held, "heard next after released")
        again = await played(bot, tmp_path)
        assert differences(again) == []
        assert [each.busy for each in again.arrivals if each.fresh] == [False, True, False]

    async def test_what_arrived_is_recorded_with_what_came_of_it(self, world: World, tmp_path: Path) -> None:
        async with recorded(world, written(tmp_path, WORDY), tmp_path):
            post = await world.dm("once")
            await reads(world, post, "What is")
            await world.redeliver(post)
            await world.settled()
        lines = [json.loads(line) for line in (tmp_path / "recorded" / "recording-0001.jsonl").read_text().splitlines()]
        keys = [line["key"] for line in lines if line.get("kind") == "arrived"]
        outcomes = [line["result"]["status"] for line in lines if line.get("kind") == "accepted"]
        assert set(keys) == {"delivery-1"}
        assert outcomes[0] == "new"
        assert set(outcomes[1:]) == {"duplicate"}
