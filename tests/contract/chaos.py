"""Kills at random points under load and trouble, then an account of every message: none lost, none doubled, in order.

``CHAOS_KILLS`` kills each platform's bot so often (6 without it: the short form CI runs), ``CHAOS_SEED`` repeats a
run's choices (the moments of the kills differ all the same: they depend on the machine).
"""

import asyncio
import os
import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.contract.crashes import LivingBot
from tests.contract.reading import texts
from tests.contract.world import Place, Post, Said, World

KILLS = int(os.environ.get("CHAOS_KILLS", "6"))
SEED = os.environ.get("CHAOS_SEED", "7")

BOT = """
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        kind, _, name = message.content.partition(" ")
        await cl.Message(f"got {name}").send()
        if kind == "equal":
            await cl.Message("ok").send()
            await cl.Message("ok").send()
        elif kind == "stream":
            answer = cl.Message()
            for word in ("streamed ", name):
                await answer.stream_token(word)
                await cl.sleep(0.01)
            await answer.send()
        elif kind == "ask":
            actions = [cl.Action("yes", label="Yes"), cl.Action("no", label="No")]
            pick = await cl.AskActionMessage(f"pick {name}", actions, timeout=3600).send()
            await cl.Message(f"picked {pick['name']} {name}").send()
        else:
            await cl.sleep(0.02)
            await cl.Message(f"then {name}").send()
"""


def wanted(kind: str, name: str) -> list[str]:
    """What the bot answers to one message, in order."""
    rest = {
        "equal": ["ok", "ok"],
        "stream": [f"streamed {name}"],
        "ask": [f"pick {name}", f"picked yes {name}"],
        "plain": [f"then {name}"],
    }
    return [f"got {name}", *rest[kind]]


@dataclass
class Conversation:
    """What was written in one conversation, and what has to stand there in the end."""

    place: Place
    wanted: list[str] = field(default_factory=list)
    perhaps: list[str] = field(default_factory=list)
    """Answers to what the platform does not know whether the bot took it."""


class Load:
    """People who write in several conversations and click as soon as they are asked, whatever becomes of the bot."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self._world = world
        self._chance = chance
        self._over = asyncio.Event()
        self.conversations: list[Conversation] = []
        self.posted = 0

    async def run(self) -> None:
        """Write until told to end; returns when every question was answered."""
        async with asyncio.TaskGroup() as people:
            people.create_task(self._talk(direct=True))
            for _ in range(3):
                people.create_task(self._talk(direct=False))

    def end(self) -> None:
        self._over.set()

    async def _talk(self, *, direct: bool) -> None:
        conversation: Conversation | None = None
        opening: Post | None = None
        while not self._over.is_set():
            kind = self._chance.choice(["plain", "plain", "stream", "equal", "ask"])
            name = f"m{self.posted}"
            self.posted += 1
            words = f"{kind} {name}"
            if direct:
                post = await self._world.dm(words)
            elif opening is None or self._chance.random() < 0.3:
                post, conversation = await self._world.mention(words), None
            else:
                post = await self._world.reply(opening, words)
            taken = await self._world.taken(post)
            if taken is False:
                continue  # the person sees that it was not taken
            if conversation is None:
                conversation, opening = Conversation(post.place), post
                self.conversations.append(conversation)
            (conversation.perhaps if taken is None else conversation.wanted).extend(wanted(kind, name))
            if kind == "ask":
                await self._click(conversation.place, name, sure=taken is True)
            await asyncio.sleep(self._chance.uniform(0.01, 0.1))  # the load itself: a person types at random times

    async def _click(self, place: Place, name: str, *, sure: bool) -> None:
        """Press Yes as soon as the question is seen, and again while nothing comes of it."""

        def question() -> Said | None:
            found = [each for each in self._world.said(place) if each.text.startswith(f"pick {name}") and each.buttons]
            return found[-1] if found else None

        def answered() -> bool:
            return any(text.startswith(f"picked yes {name}") for text in texts(self._world, place))

        clicks = 0
        while not answered():
            try:
                asked = await self._world.wait_for(lambda: question() or answered(), 60)
            except TimeoutError:
                if not self._over.is_set():
                    continue  # a bot that is killed again and again comes to nothing
                if sure:
                    raise AssertionError(f"nobody was asked to pick {name}: {self._world.said(place)}") from None
                return
            if isinstance(asked, Said):
                clicks += 1
                assert clicks < 60, f"nothing comes of {clicks} clicks: {asked}, told {self._world.told()[-3:]}"
                await self._world.click(asked, "Yes")
            with suppress(TimeoutError):
                await self._world.wait_for(answered, 2)


class ChaosContract:
    """What must hold however often the process dies; a platform's tests inherit it and provide ``world``."""

    @pytest.mark.chaos
    @pytest.mark.timeout(300 + 12 * KILLS)
    async def test_kills_under_load_lose_double_and_disorder_nothing(self, world: World, tmp_path: Path) -> None:
        chance = random.Random(f"{SEED} {world.name}")
        load = Load(world, chance)
        async with LivingBot(world, tmp_path, BOT) as bot:
            talking = asyncio.create_task(load.run())
            for _ in range(KILLS):
                if chance.random() < 0.5:  # it is posted, and the bot does not hear so
                    world.fail_next("send", "disconnected", after_effect=True)
                # The point of the kill is random by design. Some lives are long enough for what was interrupted twice.
                await asyncio.sleep(chance.uniform(0.1, 0.7) if chance.random() < 0.7 else chance.uniform(2, 4))
                await bot.kill()
                if chance.random() < 0.3:
                    world.forget_sent()
                if chance.random() < 0.3:
                    world.fail_next("identify", "server_error")
                await bot.start()
            load.end()
            await talking  # every question is answered, or the test says which was not asked
            with suppress(TimeoutError):  # the account says what is missing
                await world.wait_for(lambda: all(_complete(world, each) for each in load.conversations), 90)
        lost, doubled, disordered, doubts = Counter[str](), Counter[str](), [], 0
        for each in load.conversations:
            said = [text.partition("\n")[0] for text in texts(world, each.place)]
            lost += Counter(each.wanted) - Counter(said)
            more = Counter(said) - Counter(each.wanted) - Counter(each.perhaps)
            if world.facts.exactly_once_sends:
                doubled += more
            else:
                doubts += more.total()
            if not more and _numbers(said) != sorted(_numbers(said)):
                disordered.append(said)
        print(f"{world.name}: {KILLS} kills, {load.posted} messages, {doubts} doubled in documented doubt")
        account = {"lost": lost, "doubled": doubled, "disordered": disordered}
        assert account == {"lost": Counter(), "doubled": Counter(), "disordered": []}, bot.log[-30:]
        assert load.posted > KILLS


def _complete(world: World, conversation: Conversation) -> bool:
    said = Counter(text.partition("\n")[0] for text in texts(world, conversation.place))
    return not Counter(conversation.wanted) - said


def _numbers(said: list[str]) -> list[int]:
    """The numbers of the messages that were answered, in the order in which their answers began."""
    return [int(text.removeprefix("got m")) for text in said if text.startswith("got m")]
