"""A turn: one run of the user's handlers for one event."""

import asyncio
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import structlog

from gateway.egress import Sender
from gateway.model import ConversationRef, Event, Profile, UserRef
from gateway.ports import Lease, Store
from gateway.runtime.asks import Ask, OpenAsks
from gateway.runtime.callbacks import Callbacks
from gateway.runtime.files import Files
from gateway.runtime.journal import Journal
from gateway.runtime.session import Session
from gateway.runtime.work import Work
from gateway.runtime.working import Working

log = structlog.get_logger(__name__)


class TurnStopped(RuntimeError):
    """The user stopped this turn; code of it that still runs (in a thread) can send nothing more."""

    def __init__(self) -> None:
        super().__init__("this turn was stopped by the user")


class TurnOver(RuntimeError):
    """This run of the turn failed or timed out, so it is run again; code left over from it can send nothing more."""

    def __init__(self) -> None:
        super().__init__("this run of the turn failed or timed out; another one has taken over")


@dataclass(slots=True)
class Services:
    """What every turn needs, built once by ``app``."""

    store: Store
    sender: Sender
    callbacks: Callbacks
    files: Files
    profile: Callable[..., Coroutine[Any, Any, Profile | None]]
    spawn: Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any]]
    feedback: bool = True


class Turn:
    """The state of one run. Handlers reach it through the context variable; nothing of it outlives the run."""

    __slots__ = (
        "_made",
        "_slots",
        "asks",
        "journal",
        "lease",
        "loop",
        "opened",
        "over",
        "profile",
        "services",
        "session",
        "stopper",
        "stopping",
        "work",
        "working",
    )

    def __init__(
        self,
        *,
        services: Services,
        work: Work,
        lease: Lease,
        session: Session,
        journal: Journal,
        asks: OpenAsks,
        slots: asyncio.Semaphore,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.services = services
        self.work = work
        self.lease = lease
        self.session = session
        self.journal = journal
        self.asks = asks
        self.profile: Profile | None = None
        self.opened: set[Any] = set()
        """Messages of the handler whose stream was never finished by it."""
        self.working = Working(services.sender, work.event.ref, services.spawn)
        self.stopping = False
        self.over = False
        """It failed and will be run again: what of it still runs (a thread, a task) must not talk beside the re-run."""
        self.stopper: Callable[[UserRef], object] | None = None
        """Set while it can be stopped."""
        self._slots = slots
        self._made = 0

    @property
    def event(self) -> Event:
        return self.work.event

    @property
    def ref(self) -> ConversationRef:
        """Where answers go: the event's own route."""
        return self.work.event.ref

    @property
    def sender(self) -> Sender:
        return self.services.sender

    def stop(self) -> None:
        """The user wants no more of it, and said so where only the platform saw it: on a stream."""
        if self.stopper is not None:
            self.stopper(self.event.user)

    def check(self) -> None:
        """Raises once the user stopped the turn: a thread that cannot be cancelled must not go on talking."""
        if self.stopping:
            raise TurnStopped
        if self.over:
            raise TurnOver

    def next_number(self) -> int:
        """The number of the next message object a handler makes."""
        self._made += 1
        return self._made

    def new_id(self, number: int) -> str:
        """The id of the message with that number, the same when the turn is run again."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.work.key}/{number}"))

    async def wait(self, ask: Ask, timeout: float) -> Work | None:
        """Wait for an ask's answer, None when the time (seconds) is up. Meanwhile another turn may use our place."""
        self.asks.open(ask)
        self.working.pause()
        self._slots.release()
        try:
            async with asyncio.timeout(timeout):
                return await asyncio.shield(ask.answer)
        except TimeoutError:
            return ask.answer.result() if ask.answer.done() else None
        finally:
            await _take_back(self._slots)
            self.working.resume()


async def _take_back(slots: asyncio.Semaphore) -> None:
    """Wait for a place, whatever happens meanwhile: whoever called will give one back."""
    cancelled: asyncio.CancelledError | None = None
    while True:
        try:
            await slots.acquire()
            break
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled


async def close_streams(turn: Turn) -> None:
    """Finish what the handler streamed and neither sent nor updated: it must not stay half-open on the platform."""
    for message in list(turn.opened):
        await message.finish_stream()
    turn.opened.clear()


async def break_off_streams(turn: Turn) -> None:
    """The turn failed: what it streamed so far stands, ended. A turn that is run again goes on from it."""
    for message in list(turn.opened):
        try:
            await message.break_off()
        except Exception:
            # The turn has failed already, with what matters more; a stream nobody ends runs out on the platform.
            log.exception("stream.not_ended", delivery=turn.work.key)
    turn.opened.clear()
