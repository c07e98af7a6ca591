"""People who write and click whatever becomes of the bot, and the account of every message they wrote."""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from tests.contract.reading import texts
from tests.contract.world import Place, Post, Said, World

NOTICES = (
    "This question is no longer open.",
    "Please choose one of the answers to the question above first. What you wrote is read after that.",
)
"""What those are told who press again before they see what became of the first time, and who write while a question is
open; in private, where one can be."""
IN_DOUBT = "sent twice without a clear answer"
"""What the log says of a turn that failed so (docs/teams.md)."""
COUNTED = re.compile(r"(?P<text>got (?P<name>m\d+)), number (?P<number>\d+)")

BOT = """
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        kind, _, name = message.content.partition(" ")
        number = cl.user_session.get("number", 0) + 1
        cl.user_session.set("number", number)
        await cl.Message(f"got {name}, number {number}").send()
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
    """Return what the bot answers to one message, in order; the number of the message in its conversation aside."""
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
    """What was written in one conversation. ``hasty``: several messages at once, in no order."""

    place: Place
    hasty: bool = False
    written: list[Written] = field(default_factory=list[Written])


class Load:
    """People who write in several conversations and click as soon as they are asked, whatever becomes of the bot.

    ``log`` returns the lines that the bot logged. Of the ``people``, one writes to the bot directly, and ``hasty``
    write several messages at once. ``pause``: the most seconds between two messages of one person.
    """

    def __init__(
        self,
        world: World,
        log: Callable[[], Iterable[str]],
        chance: random.Random,
        *,
        people: int = 4,
        hasty: int = 0,
        pause: float = 0.1,
    ) -> None:
        self.world = world
        self._log = log
        self._chance = chance
        self._number = people
        self._pause = pause
        self._hasty = hasty
        self._over = asyncio.Event()
        self._people = asyncio.TaskGroup()
        self.conversations: list[Conversation] = []
        self.posted = 0

    async def run(self) -> None:
        """Write until told to end; return when every question was answered."""
        async with self._people:
            self._people.create_task(self._talk(direct=True))
            for n in range(1, self._number):
                self._people.create_task(self._talk(direct=False, hasty=n <= self._hasty))

    def end(self) -> None:
        self._over.set()

    def failed_in_doubt(self, written: Written) -> bool:
        """Return whether its turn failed, as documented: a send had no clear answer twice, where nobody can look."""
        if self.world.facts.exactly_once_sends:
            return False
        return any(IN_DOUBT in line and f':{written.post.id}"' in line for line in self._log())

    def failed_in_doubt_in(self, conversation: Conversation) -> bool:
        """Return whether any turn of a thread failed so."""
        thread = conversation.place.thread
        if self.world.facts.exactly_once_sends or not thread:
            return False
        return any(IN_DOUBT in line and f'{thread}"' in line for line in self._log())

    async def _talk(self, *, direct: bool, hasty: bool = False) -> None:
        conversation: Conversation | None = None
        opening: Post | None = None
        while not self._over.is_set():
            fresh = not direct and (opening is None or self._chance.random() < 0.3)
            count = 3 if hasty and not fresh else 1
            to = None if fresh else opening
            together = await asyncio.gather(*(self._write(to, direct=direct) for _ in range(count)))
            taken = [each for each in together if each is not None]  # of the others the person sees that they were not
            if taken and (fresh or conversation is None):
                conversation = Conversation(taken[0].post.place, hasty)
                opening = taken[0].post if taken[0].sure else None  # else the bot may not know of the conversation
                self.conversations.append(conversation)
            if conversation is not None:
                conversation.written += taken
            await asyncio.sleep(self._chance.uniform(0.01, self._pause))  # the load: a person types at random times

    async def _write(self, to: Post | None, *, direct: bool) -> Written | None:
        """Write a message, and press Yes where it is answered with a question. None: the bot did not take it."""
        kind = self._chance.choice(["plain", "plain", "stream", "equal", "ask"])
        name = f"m{self.posted}"
        self.posted += 1
        words = f"{kind} {name}"
        if direct:
            post = await self.world.dm(words)
        else:
            post = await (self.world.mention(words) if to is None else self.world.reply(to, words))
        taken = await self.world.taken(post)
        if taken is False:
            return None
        written = Written(kind, name, post, sure=taken is True)
        if kind == "ask":
            clicking = self._people.create_task(self._click(written))
            if written.sure:
                await clicking
        return written

    async def _click(self, written: Written) -> None:
        """Press Yes as soon as the question is seen, and again while nothing comes of it."""
        place, name = written.post.place, written.name

        def question() -> Said | None:
            found = [each for each in self.world.said(place) if each.text.startswith(f"pick {name}") and each.buttons]
            return found[-1] if found else None

        def answered() -> bool:
            return any(text.startswith(f"picked yes {name}") for text in texts(self.world, place))

        clicks = waited = 0
        while not answered() and not self.failed_in_doubt(written):
            try:
                asked = await self.world.wait_for(lambda: question() or answered(), 2)
            except TimeoutError:
                if not self._over.is_set():
                    continue  # a bot that is killed again and again comes to nothing
                if not written.sure:
                    return
                waited += 2
                assert waited < 90, f"nobody was asked to pick {name}: {self.world.said(place)}"
                continue
            if isinstance(asked, Said):
                clicks += self._over.is_set()
                assert clicks < 45, f"nothing comes of {clicks} clicks: {asked}, told {self.world.told()[-3:]}"
                await self.world.click(asked, "Yes")
            with suppress(TimeoutError):
                await self.world.wait_for(answered, 2)


@dataclass
class Account:
    """What became of everything that people wrote."""

    lost: Counter[str] = field(default_factory=Counter[str])
    """Texts that do not stand."""
    doubled: Counter[str] = field(default_factory=Counter[str])
    """Texts that stand more often than they should."""
    disordered: list[Sequence[str]] = field(default_factory=list[Sequence[str]])
    """Conversations in which answers stand in another order than the messages."""
    miscounted: list[Sequence[str]] = field(default_factory=list[Sequence[str]])
    """Conversations whose counter in ``user_session`` went wrong."""
    streaming: list[str] = field(default_factory=list[str])
    """Streams that were left open."""
    doubts: int = 0
    """Texts that stand twice, and streams that were begun twice, where nobody can tell whether a send reached the
    platform (Teams)."""
    failed: int = 0
    """Turns that failed because a send had no clear answer twice (Teams)."""
    messages: int = 0
    """Messages that people wrote."""

    def add(self, other: "Account") -> None:
        """Add what became of other messages."""
        self.lost += other.lost
        self.doubled += other.doubled
        self.disordered += other.disordered
        self.miscounted += other.miscounted
        self.streaming += other.streaming
        self.doubts += other.doubts
        self.failed += other.failed
        self.messages += other.messages

    @property
    def wrong(self) -> dict[str, object]:
        """Everything that must not be; empty when all is well."""
        found = {
            "lost": self.lost,
            "doubled": self.doubled,
            "disordered": self.disordered,
            "miscounted": self.miscounted,
            "streaming": self.streaming,
        }
        return {name: value for name, value in found.items() if value}

    def __str__(self) -> str:
        return (
            f"{self.messages} messages, {self.lost.total()} lost, {self.doubled.total()} doubled, "
            f"{len(self.disordered)} disordered, {len(self.miscounted)} miscounted, {len(self.streaming)} streams left "
            f"open; in documented doubt {self.doubts} more and {self.failed} turns failed"
        )


async def settled_account(load: Load, *, timeout: float = 90) -> Account:
    """Wait until nothing is missing and no stream is open, or for ``timeout`` seconds, and return the account."""
    with suppress(TimeoutError):
        await load.world.wait_for(lambda: not _unsettled(load), timeout)
    account = Account(messages=load.posted)
    for each in load.conversations:
        said = _said(load.world, each)
        if missed := _missing(load, each):
            print(f"lost {missed} of {each}, where this stands: {said}")
        account.lost += missed
        more = Counter(said) - Counter(text for written in each.written for text in written.wanted)
        if load.world.facts.exactly_once_sends:
            account.doubled += more
        else:
            account.doubts += more.total()
        # What nobody was told of may have been stored later than what was written next.
        names = [written.name for written in each.written if written.sure]
        answered = [text.removeprefix("got ") for text in said if text.removeprefix("got ") in names]
        if not more and not each.hasty and answered != [name for name in names if name in answered]:
            print(f"disordered: {names} were written, where this stands: {texts(load.world, each.place)}")
            account.disordered.append(said)
        if not _counts(load, each):
            account.miscounted.append(texts(load.world, each.place))
        streaming = [message.id for message in load.world.said(each.place) if message.streaming]
        if load.world.facts.exactly_once_sends:
            account.streaming += streaming
        else:
            account.doubts += len(streaming)  # begun just before a crash, and begun again
        account.failed += sum(load.failed_in_doubt(written) for written in each.written)
    return account


def _unsettled(load: Load) -> bool:
    return any(
        _missing(load, each)
        or (load.world.facts.exactly_once_sends and any(said.streaming for said in load.world.said(each.place)))
        for each in load.conversations
    )


def _said(world: World, conversation: Conversation) -> list[str]:
    """Return what the bot said, without the numbers."""
    lines = [text.partition("\n")[0] for text in texts(world, conversation.place)]
    return [COUNTED.sub(r"\g<text>", line) for line in lines if line not in NOTICES]


def _missing(load: Load, conversation: Conversation) -> Counter[str]:
    """Return the texts that have to stand in the end and do not yet."""
    sure = [each for each in conversation.written if each.sure and not load.failed_in_doubt(each)]
    return Counter(text for each in sure for text in each.wanted) - Counter(_said(load.world, conversation))


def _counts(load: Load, conversation: Conversation) -> bool:
    """Return whether the bot counted the messages it answered: each of them once. A turn that failed, as documented,
    counted for nothing."""
    if load.failed_in_doubt_in(conversation):
        return True  # a message that was taken twice may have failed under an id that nobody was told
    numbers: dict[str, int] = {}
    for text in texts(load.world, conversation.place):
        if (found := COUNTED.match(text)) is not None:
            numbers[found["name"]] = int(found["number"])
    failed = {each.name for each in conversation.written if load.failed_in_doubt(each)}
    counted = [number for name, number in numbers.items() if name not in failed]
    return sorted(counted) == list(range(1, len(counted) + 1))
