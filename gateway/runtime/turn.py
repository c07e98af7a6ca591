"""A turn: one run of the user's handlers for one event."""

import asyncio
import uuid
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass, field
from typing import Any

import structlog

from gateway.egress import Sender
from gateway.errors import Gone
from gateway.model import ConversationRef, Event, Profile, UserRef
from gateway.ports import Lease, Store
from gateway.runtime.asks import Ask, OpenAsks
from gateway.runtime.files import Files
from gateway.runtime.in_flight import InFlight
from gateway.runtime.journal import Journal, Phase
from gateway.runtime.live import LiveMessage
from gateway.runtime.places import Places
from gateway.runtime.posting import Posting
from gateway.runtime.questions import OpenQuestions
from gateway.runtime.queued import QueuedDelivery
from gateway.runtime.seals import Seals
from gateway.runtime.session import Session
from gateway.runtime.step_board import Cot, StepBoard
from gateway.runtime.typing_indicator import TypingIndicator

log = structlog.get_logger(__name__)


class TurnStopped(RuntimeError):
    """The user stopped this turn; code of it that still runs (in a thread) can send nothing more."""

    def __init__(self) -> None:
        super().__init__("this turn was stopped by the user")


class TurnOver(RuntimeError):
    """This run of the turn failed or timed out, so it is run again; code left over from it can send nothing more."""

    def __init__(self) -> None:
        super().__init__("this run of the turn failed or timed out; another one has taken over")


def person_of(event: Event) -> str:
    """Whose turn an event begins; empty when it is nobody's (a platform's own event)."""
    return event.user.key if event.user.id else ""


@dataclass(slots=True)
class Services:
    """What every turn needs, built once by ``app``."""

    store: Store
    sender: Sender
    files: Files
    profile: Callable[..., Coroutine[Any, Any, Profile | None]]
    spawn: Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any]]
    questions: OpenQuestions
    seals: Seals
    feedback: Callable[[], bool] = lambda: False
    """Whether answers carry thumbs: the setting is on and the bot wants to hear of them."""
    cot: Cot = "full"
    """Which steps are shown."""
    closing: bool = False
    """The process ends: what still runs is being cancelled, and handed to the next one."""
    in_flight: InFlight = field(default_factory=InFlight)


class Turn:
    """The state of one run. Handlers reach it through the context variable; nothing of it outlives the run."""

    __slots__ = (
        "_boards",
        "_made",
        "_places",
        "_waits",
        "asks",
        "beside",
        "clock",
        "delivery",
        "gone",
        "journal",
        "lease",
        "live",
        "loop",
        "lost",
        "over",
        "posted",
        "profile",
        "services",
        "session",
        "stopper",
        "stopping",
        "streaming",
        "typing",
    )

    def __init__(
        self,
        *,
        services: Services,
        queued: QueuedDelivery,
        lease: Lease,
        session: Session,
        journal: Journal,
        asks: OpenAsks,
        places: Places,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.services = services
        self.delivery = queued
        self.lease = lease
        self.session = session
        self.journal = journal
        self.asks = asks
        self.profile: Profile | None = None
        self.streaming: set[Posting] = set()
        """Postings whose native stream or stream of edits is open."""
        self.live: set[LiveMessage] = set()
        """Messages that are shown while they change; some may lag behind what they shall say."""
        self.beside: set[asyncio.Task[None]] = set()
        """What its sync code has sent and could not wait for."""
        self._boards: dict[Phase, StepBoard] = {}
        self.typing = TypingIndicator(services.sender, queued.event.ref, services.spawn)
        self.stopping = False
        self.over = False
        """It failed and will be run again: what of it still runs (a thread, a task) must not talk beside the re-run."""
        self.gone = False
        """It was stopped because its conversation does not exist any more."""
        self.lost = False
        """The right to run it is another process's now."""
        self.clock: asyncio.Timeout | None = None
        """Bounds its time, where that is bounded."""
        self.posted: Collection[str] = ()
        """Ids of what it posted, where another turn might take that for its own; known when it has ended."""
        self.stopper: Callable[[UserRef], object] | None = None
        """Set while it can be stopped."""
        self._places = places
        self._waits = 0
        """Asks it waits for now."""
        self._made = 0

    def note_posted(self) -> None:
        """Its handlers have ended: what they posted is all there is."""
        if self.sender.capabilities(self.ref).known_by_words:
            self.posted = self.journal.claimed()

    @property
    def event(self) -> Event:
        return self.delivery.event

    @property
    def person(self) -> str:
        """Whose turn it is, as ``Places`` counts; empty when nobody wrote (a platform's own event)."""
        return person_of(self.delivery.event)

    @property
    def cancelled(self) -> bool:
        """Whether the gateway itself cancelled it. A cancellation that comes otherwise is the handler's own doing."""
        late = self.clock is not None and self.clock.expired()
        return self.stopping or self.lost or self.services.closing or late

    @property
    def ref(self) -> ConversationRef:
        """Where answers go: the event's own route."""
        return self.delivery.event.ref

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

    @property
    def steps(self) -> StepBoard:
        """What shows the steps of this phase. Each phase has its own, because a re-run may leave out the first."""
        phase = self.journal.phase
        board = self._boards.get(phase)
        if board is None:
            board = self._boards[phase] = StepBoard(self, self.services.cot)
        return board

    async def catch_up(self) -> None:
        """Bring live messages up to date before another message is posted, so that they stand in front of it."""
        for message in tuple(self.live):
            await message.catch_up()

    def next_number(self) -> int:
        """The number of the next message object a handler makes."""
        self._made += 1
        return self._made

    def new_id(self, part: int | str) -> str:
        """Return the id of a part of this turn (a number from ``next_number``, or what else names the part), the same
        when the turn is run again."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.delivery.key}/{part}"))

    async def wait(self, ask: Ask, timeout: float) -> QueuedDelivery | None:
        """Wait for an ask's answer, None when the time (seconds) is up. A turn that waits takes no place."""
        self.asks.open(ask)
        if not ask.waiting:  # the answer was here before the question
            return ask.answer.result()
        answer: QueuedDelivery | None
        try:
            await self._rest()
            async with asyncio.timeout(timeout) as clock:
                with self.services.questions.waiting(self.event.user.key, clock):
                    answer = await asyncio.shield(ask.answer)
        except TimeoutError:
            answer = ask.answer.result() if ask.answer.done() else None
        finally:
            await self._go_on()
        return answer

    async def _rest(self) -> None:
        self._waits += 1
        if self._waits > 1:
            return  # another ask of it waits already
        self.typing.pause()
        self._places.give_back(self.person)
        if self.delivery.on_wait is not None:
            self.delivery.on_wait(True)
        await self.services.store.pause(self.lease, self.delivery.key)

    async def _go_on(self) -> None:
        self._waits -= 1
        if self._waits:
            return
        await _take_back(self._places, self.person)
        if self.delivery.on_wait is not None:
            self.delivery.on_wait(False)
        if not self.cancelled:
            await self.services.store.start(self.lease, self.delivery.key)
        self.typing.resume()


async def _take_back(places: Places, person: str) -> None:
    """Wait for a place, whatever happens meanwhile: whoever called will give one back."""
    cancelled: asyncio.CancelledError | None = None
    while True:
        try:
            await places.take(person)
            break
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled


async def close_streams(turn: Turn) -> None:
    """Finish what the handler streamed and neither sent nor updated: it must not stay half-open on the platform."""
    for posting in list(turn.streaming):
        await posting.finish()
    turn.streaming.clear()


async def finish_live(turn: Turn) -> None:
    """Show the last state of every live message of the turn, when all is sent that goes with it."""
    while turn.beside:
        await turn.beside.pop()
    for message in tuple(turn.live):
        await message.finish()
    turn.live.clear()


async def break_off_live(turn: Turn) -> None:
    """The turn failed: what its live messages say by now is shown. A turn that is run again edits them."""
    try:
        await finish_live(turn)
    except Gone:
        return
    except Exception:
        # The turn has failed already, with what matters more.
        log.exception("message.not_up_to_date", delivery=turn.delivery.key)


async def break_off_streams(turn: Turn) -> None:
    """The turn failed: what it streamed so far stands, ended. A turn that is run again goes on from it."""
    for posting in list(turn.streaming):
        try:
            await posting.break_off()
        except Gone:
            continue  # and so is the stream
        except Exception:
            # The turn has failed already, with what matters more; a stream nobody ends runs out on the platform.
            log.exception("stream.not_ended", delivery=turn.delivery.key)
    turn.streaming.clear()
