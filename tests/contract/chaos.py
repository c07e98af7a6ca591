"""Kills at random points under load and trouble, then an account of every message: none lost, none doubled, in order.

``CHAOS_KILLS`` kills each platform's bot so often (4 without it: the short form CI runs), ``CHAOS_SEED`` repeats a
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
from tests.support.process import BotProcess

KILLS = int(os.environ.get("CHAOS_KILLS", "4"))
SEED = os.environ.get("CHAOS_SEED", "7")

REFUSED = "This question is no longer open."
"""What those are told who press again before they see what became of the first time; in private, where one can be."""
IN_DOUBT = "sent twice without a clear answer"
"""What the log says of a turn that failed so (docs/teams.md)."""

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
    """Return what the bot answers to one message, in order."""
    rest = {
        "equal": ["ok", "ok"],
        "stream": [f"streamed {name}"],
        "ask": [f"pick {name}", f"picked yes {name}"],
        "plain": [f"then {name}"],
    }
    return [f"got {name}", *rest[kind]]


@dataclass(frozen=True)
class Written:
    """A message that somebody wrote."""

    kind: str
    name: str
    post: Post
    sure: bool
    """Whether the platform knows that the bot took it."""

    @property
    def wanted(self) -> list[str]:
        return wanted(self.kind, self.name)


@dataclass
class Conversation:
    """What was written in one conversation."""

    place: Place
    written: list[Written] = field(default_factory=list)


class Load:
    """People who write in several conversations and click as soon as they are asked, whatever becomes of the bot."""

    def __init__(self, world: World, bot: BotProcess, chance: random.Random) -> None:
        self._world = world
        self._bot = bot
        self._chance = chance
        self._over = asyncio.Event()
        self._people = asyncio.TaskGroup()
        self.conversations: list[Conversation] = []
        self.posted = 0

    async def run(self) -> None:
        """Write until told to end; return when every question was answered."""
        async with self._people:
            self._people.create_task(self._talk(direct=True))
            for _ in range(3):
                self._people.create_task(self._talk(direct=False))

    def end(self) -> None:
        self._over.set()

    def wanted(self, conversation: Conversation) -> Counter[str]:
        """Return the texts that have to be posted in the end."""
        sure = [each for each in conversation.written if each.sure and not self.failed_in_doubt(each)]
        return Counter(text for each in sure for text in each.wanted)

    def possible(self, conversation: Conversation) -> Counter[str]:
        """Return the texts that may be posted at most."""
        return Counter(text for each in conversation.written for text in each.wanted)

    def failed_in_doubt(self, written: Written) -> bool:
        """Return whether its turn failed, as documented: a send had no clear answer twice, where nobody can look."""
        if self._world.facts.exactly_once_sends:
            return False
        return any(IN_DOUBT in line and f':{written.post.id}"' in line for line in self._bot.log)

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
                conversation = Conversation(post.place)
                opening = post if taken else None  # a reply to what the bot may not have heard does not concern it
                self.conversations.append(conversation)
            written = Written(kind, name, post, sure=taken is True)
            conversation.written.append(written)
            if kind == "ask":
                clicking = self._people.create_task(self._click(written))
                if written.sure:
                    await clicking
            await asyncio.sleep(self._chance.uniform(0.01, 0.1))  # the load itself: a person types at random times

    async def _click(self, written: Written) -> None:
        """Press Yes as soon as the question is seen, and again while nothing comes of it."""
        place, name = written.post.place, written.name

        def question() -> Said | None:
            found = [each for each in self._world.said(place) if each.text.startswith(f"pick {name}") and each.buttons]
            return found[-1] if found else None

        def answered() -> bool:
            return any(text.startswith(f"picked yes {name}") for text in texts(self._world, place))

        clicks = waited = 0
        while not answered() and not self.failed_in_doubt(written):
            try:
                asked = await self._world.wait_for(lambda: question() or answered(), 2)
            except TimeoutError:
                if not self._over.is_set():
                    continue  # a bot that is killed again and again comes to nothing
                if not written.sure:
                    return
                waited += 2
                assert waited < 90, f"nobody was asked to pick {name}: {self._world.said(place)}"
                continue
            if isinstance(asked, Said):
                clicks += self._over.is_set()
                assert clicks < 45, f"nothing comes of {clicks} clicks: {asked}, told {self._world.told()[-3:]}"
                await self._world.click(asked, "Yes")
            with suppress(TimeoutError):
                await self._world.wait_for(answered, 2)


class ChaosContract:
    """What must hold however often the process dies; a platform's tests inherit it and provide ``world``."""

    @pytest.mark.chaos
    @pytest.mark.timeout(300 + 12 * KILLS)
    async def test_kills_under_load_lose_double_and_disorder_nothing(self, world: World, tmp_path: Path) -> None:
        chance = random.Random(f"{SEED} {world.name}")

        def said(conversation: Conversation) -> list[str]:
            lines = [text.partition("\n")[0] for text in texts(world, conversation.place)]
            return [line for line in lines if line != REFUSED]

        def missing(conversation: Conversation) -> Counter[str]:
            return load.wanted(conversation) - Counter(said(conversation))

        async with LivingBot(world, tmp_path, BOT) as bot:
            load = Load(world, bot, chance)
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
                await world.wait_for(lambda: not any(missing(each) for each in load.conversations), 90)
        lost, doubled, disordered, doubts = Counter[str](), Counter[str](), [], 0
        for each in load.conversations:
            if missed := missing(each):
                print(f"lost {missed} of {each}, where this stands: {said(each)}")
            lost += missed
            more = Counter(said(each)) - load.possible(each)
            if world.facts.exactly_once_sends:
                doubled += more
            else:
                doubts += more.total()
            if not more and _numbers(said(each)) != sorted(_numbers(said(each))):
                disordered.append(said(each))
        failed = sum(load.failed_in_doubt(written) for each in load.conversations for written in each.written)
        print(
            f"{world.name}: {KILLS} kills, {load.posted} messages, {lost.total()} lost, {doubled.total()} doubled, "
            f"{len(disordered)} disordered; in documented doubt {doubts} more and {failed} turns failed"
        )
        account = {"lost": lost, "doubled": doubled, "disordered": disordered}
        assert account == {"lost": Counter(), "doubled": Counter(), "disordered": []}, bot.log[-30:]
        assert load.posted > KILLS


def _numbers(said: list[str]) -> list[int]:
    """Return the numbers of the messages that were answered, in the order in which their answers began."""
    return [int(text.removeprefix("got m")) for text in said if text.startswith("got m")]
