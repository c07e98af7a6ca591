"""A turn: one run of the user's handlers for one event."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from gateway.egress import Sender
from gateway.errors import Gone
from gateway.fetching import Fetcher
from gateway.model import ConversationRef, Event, MessageRequested, Profile, UserRef
from gateway.ports import Lease, Store, Threads
from gateway.runtime.asks import Ask, OpenAsks
from gateway.runtime.commands import CommandList
from gateway.runtime.contents import Contents, Uploads
from gateway.runtime.files import Files
from gateway.runtime.history import History
from gateway.runtime.ids import timed_id
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
from gateway.runtime.transcript import Transcript
from gateway.runtime.typing_indicator import TypingIndicator
from gateway.telemetry.observer import Observer, Observers

log = structlog.get_logger(__name__)


class TurnStopped(RuntimeError):
    """The user stopped this turn. Code of the turn that still runs, such as a thread, can send nothing more."""

    def __init__(self) -> None:
        super().__init__("this turn was stopped by the user")


class TurnOver(RuntimeError):
    """This run of the turn failed or timed out, so the turn runs again. Code left over from this run can send nothing
    more."""

    def __init__(self) -> None:
        super().__init__("this run of the turn failed or timed out; another one has taken over")


def person_of(event: Event) -> str:
    """Return the key of the user whose turn an event begins; empty for an event of the platform itself."""
    return event.user.key if event.user.id else ""


def workspace_of(event: Event) -> str:
    """Return the key of the workspace in which an event happened: ``slack:T1``."""
    return f"{event.ref.platform}:{event.ref.workspace}"


@dataclass(slots=True)
class Services:
    """The objects that every turn needs, built once by ``bootstrap``."""

    store: Store
    sender: Sender
    files: Files
    profile: Callable[..., Coroutine[Any, Any, Profile | None]]
    spawn: Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any]]
    questions: OpenQuestions
    seals: Seals
    commands: CommandList
    history: History = field(default_factory=lambda: History("off"))
    """What of turns is kept, and where."""
    threads: Threads | None = None
    """What reads it back; None where nothing is kept."""
    contents: Contents | None = None
    """The contents of elements that are kept; None where there is no history."""
    feedback: Callable[[], bool] = lambda: False
    """Whether answers carry feedback buttons: the setting is on and the bot handles feedback."""
    reactions: Callable[[], bool] = lambda: False
    """Whether the bot handles reactions, so that it is recorded which of its messages a platform's message shows."""
    author_rename: Callable[[], Callable[[str], Any] | None] = lambda: None
    """The bot's function that renames the authors of messages, None where it has none."""
    cot: Cot = "full"
    """Which steps are shown."""
    closing: bool = False
    """Whether the process ends: running turns are being cancelled and handed over to the next process."""
    in_flight: InFlight = field(default_factory=InFlight)
    fetcher: Fetcher = field(default_factory=Fetcher)
    """What fetches addresses that people and models name."""
    observers: Observer = field(default_factory=Observers)
    """Those who are told of everything that happens."""


class Turn:
    """The state of one run of a turn, which ends with the run. Handlers reach it through ``current_turn``."""

    __slots__ = (
        "_boards",
        "_made",
        "_places",
        "_waits",
        "anew",
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
        "transcript",
        "typing",
        "uploads",
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
        self.transcript = Transcript()
        """What the turn leaves for the history."""
        self.uploads: Uploads | None = None
        """The contents of elements that the turn keeps; None as long as there are none."""
        self.streaming: set[Posting] = set()
        """Postings whose native stream or stream of edits is open."""
        self.live: set[LiveMessage] = set()
        """Messages that are shown while they change; some may lag behind what they shall say."""
        self.beside: set[asyncio.Task[None]] = set()
        """What its sync code has sent and could not wait for."""
        self._boards: dict[Phase, StepBoard] = {}
        self.typing = TypingIndicator(services.sender, queued.event.ref, services.spawn, left_on=queued.rerun)
        self.stopping = False
        self.over = False
        """Whether the run failed and the turn will run again. Threads and tasks left over from it must not send."""
        self.gone = False
        """Whether the turn was stopped because its conversation does not exist any more."""
        self.lost = False
        """Whether another process holds the conversation's lease now."""
        self.clock: asyncio.Timeout | None = None
        """The timeout of the turn; None without one."""
        self.posted: Collection[str] = ()
        """Ids of the messages the turn posted, set when its handlers have ended and only on a platform where another
        turn could mistake them for its own (``Capabilities.known_by_words``), and for what a program wants said."""
        self.stopper: Callable[[UserRef], object] | None = None
        """Stops the turn in the name of a user; None while the turn cannot be stopped."""
        self._places = places
        self.anew: Mapping[str, Any] | None = None
        """Set by a handler that ends the session: the values with which the next one begins."""
        self._waits = 0
        """How many asks the turn waits for now."""
        self._made = 0
        """How many message objects and other numbered parts the handlers have made."""

    def note_posted(self) -> None:
        """Note the ids of the messages posted, once the handlers have ended."""
        requested = isinstance(self.event, MessageRequested)  # whoever asked wants to know whether it was posted
        if requested or self.sender.capabilities(self.ref).known_by_words:
            self.posted = self.journal.claimed()

    @property
    def event(self) -> Event:
        """The event that the turn handles."""
        return self.delivery.event

    @property
    def person(self) -> str:
        """Key of the user whose turn it is, by which ``Places`` counts; empty for an event of the platform itself."""
        return person_of(self.delivery.event)

    @property
    def cancelled(self) -> bool:
        """Whether the gateway itself cancelled the turn. Any other cancellation comes from the handler's own code."""
        late = self.clock is not None and self.clock.expired()
        return self.stopping or self.lost or self.services.closing or late

    @property
    def ref(self) -> ConversationRef:
        """The conversation that answers go to, as the event names it."""
        return self.delivery.event.ref

    @property
    def thread_id(self) -> str:
        """The id of the thread that history keeps the conversation as: the session's id."""
        return self.session.id

    @property
    def sender(self) -> Sender:
        """The sender of all messages."""
        return self.services.sender

    def stop(self) -> None:
        """Stop the turn in the name of the user who began it, after that user stopped its stream on the platform."""
        if self.stopper is not None:
            self.stopper(self.event.user)

    def check(self) -> None:
        """Raise ``TurnStopped`` or ``TurnOver`` if the turn must send nothing more. A thread cannot be cancelled, so it
        is ended by this when it sends."""
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

    def settle_steps(self) -> None:
        """Put on the boards what streams were given and do not show."""
        for board in self._boards.values():
            board.settle()

    async def catch_up(self) -> None:
        """Bring live messages up to date before another message is posted, so that they stand in front of it."""
        for message in tuple(self.live):
            await message.catch_up()

    @property
    def run_id(self) -> str:
        """The id of the step that stands for the call of the handler in this phase, the parent of all others."""
        return self.new_id(f"run/{self.journal.phase}")

    def next_number(self) -> int:
        """Return the number of the next message object, or other numbered part, that a handler makes."""
        self._made += 1
        return self._made

    def new_id(self, part: int | str) -> str:
        """Return the id of a part of this turn (a number from ``next_number``, or what else names the part), the same
        when the turn is run again."""
        return timed_id(self.delivery.received_at, f"{self.delivery.key}/{part}")

    async def wait(self, ask: Ask, timeout: float | None) -> QueuedDelivery | None:
        """Return the answer to an ask, None after ``timeout`` seconds, if there is such a bound. While the turn waits
        it takes no place."""
        self.asks.open(ask)
        if not ask.waiting:  # the answer came before the ask was open
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
            return  # the turn waits for another ask already
        self.typing.pause()
        self._places.give_back(self.person, workspace_of(self.event))
        if self.delivery.on_wait is not None:
            self.delivery.on_wait(True)
        store, history = self.services.store, self.services.history
        await settle_contents(self)
        records = history.records(self)
        if records:  # both are written in one commit
            kept = store.keep(self.lease, self.delivery.key, history.placed(records))
            await asyncio.gather(store.pause(self.lease, self.delivery.key), kept)
            history.written(records, self.session)
        else:
            await store.pause(self.lease, self.delivery.key)

    async def _go_on(self) -> None:
        self._waits -= 1
        if self._waits:
            return
        await _take_back(self._places, self.person, workspace_of(self.event))
        if self.delivery.on_wait is not None:
            self.delivery.on_wait(False)
        if not self.cancelled:
            await self.services.store.start(self.lease, self.delivery.key)
        self.typing.resume()


async def _take_back(places: Places, person: str, workspace: str) -> None:
    """Wait for a place even if cancelled meanwhile, because the caller will give one back. Then raise the
    cancellation."""
    cancelled: asyncio.CancelledError | None = None
    while True:
        try:
            await places.take(person, workspace)
            break
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled


async def settle_contents(turn: Turn) -> None:
    """Wait until the contents of the turn's elements are kept, for a while at most: elements whose contents are not by
    then are kept without them."""
    if turn.uploads is not None:
        turn.transcript.without_contents(await turn.uploads.settle())


async def close_streams(turn: Turn) -> None:
    """End the streams that the handler left open, each with its complete message."""
    for posting in list(turn.streaming):
        await posting.finish()
    turn.streaming.clear()


async def finish_live(turn: Turn) -> None:
    """Show the last state of every live message of the turn, when all is sent that goes with it."""
    while turn.beside:
        await turn.beside.pop()
    turn.settle_steps()
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
    """End the streams of a turn that failed, each with the text written so far. A re-run edits these messages."""
    for posting in list(turn.streaming):
        try:
            await posting.break_off()
        except Gone:
            continue  # the message is gone, and the stream with it
        except Exception:
            # The turn has failed already, with a more important error; the platform ends the stream after a while.
            log.exception("stream.not_ended", delivery=turn.delivery.key)
    turn.streaming.clear()
