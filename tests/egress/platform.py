"""A platform in memory: an adapter over a list of messages, that can be told to fail the ways platforms do."""

import asyncio
import heapq
import itertools
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, TypeVar

from starlette.routing import Route

from gateway.adapter import Accept
from gateway.errors import Gone, Rejected, StreamExpired, Unconfirmed
from gateway.model import (
    Capabilities,
    ConversationRef,
    Envelope,
    Event,
    HistoryMessage,
    Outgoing,
    Profile,
    Receipt,
    RemoteFile,
    Starter,
    TaskUpdate,
    UserRef,
)

T = TypeVar("T")

TO = ConversationRef(platform="plain", workspace="W1", channel="C1", thread="1.1")
USER = UserRef(platform="plain", workspace="W1", id="U1")


class Time:
    """A clock that stands still until everybody waits, then jumps to the next thing that is due."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._due: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        done = asyncio.get_running_loop().create_future()
        heapq.heappush(self._due, (self.now + max(seconds, 0.0), next(self._order), done))
        await done

    @property
    def sleepers(self) -> int:
        return sum(not done.done() for _, _, done in self._due)

    async def settle(self) -> None:
        """Let everything run that can without time passing."""
        for _ in range(50):
            await asyncio.sleep(0)

    async def run(self, work: Awaitable[T]) -> T:
        """The result of ``delivery``, with time passing as needed."""
        task = asyncio.ensure_future(work)
        await self.settle()
        while not task.done():
            assert self._due, "everybody waits and nothing is due"
            self._advance()
            await self.settle()
        return task.result()

    async def pass_(self, seconds: float) -> None:
        """Let time go by."""
        end = self.now + seconds
        await self.settle()
        while self._due and self._due[0][0] <= end:
            self._advance()
            await self.settle()
        self.now = end

    def _advance(self) -> None:
        when, _, done = heapq.heappop(self._due)
        if not done.done():
            self.now = max(self.now, when)
            done.set_result(None)


@dataclass
class Message:
    """What stands on the platform."""

    id: str
    to: ConversationRef
    key: str
    shown: Outgoing
    streaming: bool = False
    edits: int = 0
    tasks: list[TaskUpdate] = field(default_factory=list)


@dataclass
class Lost:
    """The call is done, and its answer lost on the way."""


Fault = Exception | Lost | asyncio.Event
"""What a call meets: an error before it is done, an answer lost after it, or a gate it waits at."""


class Plain:
    """Sends, edits, deletes. Posting the same key twice posts twice, as on a platform that does not know keys."""

    name: ClassVar[str] = "plain"
    capabilities: ClassVar[Capabilities] = Capabilities(
        text_limit=2000,
        tables_per_message=1,
        buttons_per_message=5,
        button_label_limit=80,
        action_token_limit=100,
        files_per_message=3,
        file_size_limit=1000,
        edit_interval=1.0,
        stream_interval=0.25,
    )

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.deleted: list[str] = []
        self.calls: list[str] = []
        self.keys: list[str] = []
        self.faults: dict[str, deque[Fault]] = {}
        self.when: list[tuple[str, float]] = []
        self.clock: Callable[[], float] = lambda: 0.0
        self._ids = itertools.count(1)

    def fail(self, method: str, *faults: Fault) -> None:
        """What the next calls of a method meet, in order."""
        self.faults.setdefault(method, deque()).extend(faults)

    def texts(self) -> list[str]:
        return [message.shown.text for message in self.messages]

    async def _call(self, method: str, do: Callable[[], T]) -> T:
        self.calls.append(method)
        self.when.append((method, self.clock()))
        await asyncio.sleep(0)
        waiting = self.faults.get(method)
        fault = waiting.popleft() if waiting else None
        if isinstance(fault, asyncio.Event):
            await fault.wait()
        if isinstance(fault, Exception):
            raise fault
        done = do()
        if isinstance(fault, Lost):
            raise Unconfirmed("the connection was lost")
        return done

    def _find(self, receipt: Receipt) -> Message:
        found = next((message for message in self.messages if message.id == receipt.id), None)
        if found is None:
            raise Gone(f"{receipt.id} was deleted")
        return found

    def _check(self, message: Outgoing) -> None:
        limits = self.capabilities
        if len(message.text) > limits.text_limit:
            raise Rejected("too long")
        if message.text.count("|---") > 1 and limits.tables_per_message == 1:
            raise Rejected("too many tables")
        if len(message.buttons) > limits.buttons_per_message or len(message.files) > limits.files_per_message:
            raise Rejected("too many")
        if not (message.text.strip() or message.buttons or message.files):
            raise Rejected("empty")

    def _post(self, to: ConversationRef, message: Outgoing, key: str) -> Message:
        self._check(message)
        posted = Message(id=f"m{next(self._ids)}", to=to, key=key, shown=message)
        self.messages.append(posted)
        self.keys.append(key)
        return posted

    async def send(self, to: ConversationRef, message: Outgoing, *, key: str) -> Receipt:
        posted = await self._call("send", lambda: self._post(to, message, key))
        return Receipt(to=to, id=posted.id)

    async def edit(self, receipt: Receipt, message: Outgoing) -> Receipt:
        def do() -> None:
            self._check(message)
            found = self._find(receipt)
            if found.streaming:
                raise Rejected("a stream is open")
            found.shown = message
            found.edits += 1

        await self._call("edit", do)
        return receipt

    async def delete(self, receipt: Receipt) -> None:
        def do() -> None:
            self.messages[:] = [message for message in self.messages if message.id != receipt.id]
            self.deleted.append(receipt.id)

        await self._call("delete", do)

    async def status(self, to: ConversationRef, text: str | None) -> None:
        await self._call("status", lambda: None)

    async def download(self, file: RemoteFile, *, limit: int) -> AsyncIterator[bytes]:
        await self._call("download", lambda: None)
        yield b"one"
        await self._call("chunk", lambda: None)
        yield b"two"

    def routes(self, accept: Accept) -> Sequence[Route]:
        return ()

    def connect(self, accept: Accept) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    def health(self) -> str | None:
        return None

    def parse(self, envelope: Envelope) -> Event | None:
        return None


class Keyed(Plain):
    """Knows keys: the same one again is the same message."""

    def _post(self, to: ConversationRef, message: Outgoing, key: str) -> Message:
        return next((each for each in self.messages if each.key == key), None) or super()._post(to, message, key)


class Looking(Plain):
    """Can look for what was sent; a stream carries no key."""

    lookups: int = 0

    async def find(
        self, to: ConversationRef, message: Outgoing, *, key: str, since: float, claimed: Collection[str]
    ) -> Receipt | None:
        self.lookups += 1

        def do() -> Message | None:
            here = [each for each in self.messages if each.to == to]
            keyless = [each for each in here if each.streaming and each.id not in claimed]
            return next((each for each in here if each.key == key), None) or next(iter(keyless), None)

        found = await self._call("find", do)
        return None if found is None else Receipt(to=to, id=found.id)


class Streaming(Looking):
    """Streams natively by appending, and keeps the rules of a stream."""

    capabilities: ClassVar[Capabilities] = replace(Plain.capabilities, stream_limit=1000)
    declines: bool = False
    ends_on_edit: bool = False
    """Whether an edit ends the stream a dead process left open, as an adapter must; a living one ends its own."""

    def __init__(self) -> None:
        super().__init__()
        self.streamed: list[str] = []
        """What each stream showed, append by append."""

    async def edit(self, receipt: Receipt, message: Outgoing) -> Receipt:
        if self.ends_on_edit:
            self._find(receipt).streaming = False
        return await super().edit(receipt, message)

    def _stream(self, receipt: Receipt) -> Message:
        found = self._find(receipt)
        if not found.streaming:
            raise StreamExpired("not in streaming state")
        return found

    def _extend(self, receipt: Receipt, delta: str) -> Message:
        found = self._stream(receipt)
        text = found.shown.text + delta
        if len(text) > self.capabilities.stream_limit:
            raise Rejected("stream too long")
        found.shown = replace(found.shown, text=text)
        self.streamed.append(text)
        return found

    def expire(self) -> None:
        """As after some minutes."""
        for message in self.messages:
            message.streaming = False

    async def start_stream(
        self, to: ConversationRef, text: str, *, key: str, recipient: UserRef | None, author: str | None = None
    ) -> Receipt | None:
        def do() -> Message | None:
            if self.declines:
                return None
            posted = self._post(to, Outgoing(text=text, author=author), "")
            posted.streaming = True
            self.keys[-1] = key
            return posted

        posted = await self._call("start_stream", do)
        return None if posted is None else Receipt(to=to, id=posted.id)

    async def append_stream(
        self, receipt: Receipt, *, delta: str, text: str, tasks: Sequence[TaskUpdate] = ()
    ) -> Receipt:
        def do() -> None:
            found = self._extend(receipt, delta)
            assert found.shown.text == text
            found.tasks += tasks

        await self._call("append_stream", do)
        return receipt

    async def stop_stream(self, receipt: Receipt, message: Outgoing, *, delta: str, key: str) -> Receipt:
        def do() -> None:
            found = self._extend(receipt, delta)
            found.shown = replace(message, text=found.shown.text)
            found.key, found.streaming = key, False

        await self._call("stop_stream", do)
        return receipt


class Rich(Plain):
    """Everything that is optional."""

    def __init__(self) -> None:
        super().__init__()
        self.extras: list[Any] = []

    async def react(self, to: ConversationRef, message_id: str, emoji: str, *, added: bool) -> None:
        await self._call("react", lambda: self.extras.append((message_id, emoji, added)))

    async def set_title(self, to: ConversationRef, title: str) -> None:
        await self._call("set_title", lambda: self.extras.append(title))

    async def suggest(self, to: ConversationRef, starters: Sequence[Starter]) -> None:
        await self._call("suggest", lambda: self.extras.append(tuple(starters)))

    async def notify(self, to: ConversationRef, user: UserRef, text: str) -> None:
        await self._call("notify", lambda: self.extras.append((user.id, text)))

    async def history(self, to: ConversationRef, *, limit: int) -> Sequence[HistoryMessage]:
        return await self._call("history", lambda: [HistoryMessage(id="h", author="a", is_bot=False, text="x", at=1.0)])

    async def profile(self, user: UserRef) -> Profile:
        return await self._call("profile", lambda: Profile(display_name=user.id))


def count(calls: Iterable[str], name: str) -> int:
    return sum(call == name for call in calls)
