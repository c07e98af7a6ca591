"""Runs turns: opens the session, calls the handlers and stores the outcome."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

import structlog

from gateway.errors import Fenced, PlatformError
from gateway.model import (
    ActionInvoked,
    CommandInvoked,
    ConversationEnded,
    ConversationStarted,
    Event,
    MessageCreated,
    MessageRequested,
    Outgoing,
)
from gateway.ports import Lease, Outcome
from gateway.runtime.asks import OpenAsks
from gateway.runtime.context import current_turn
from gateway.runtime.history import changed_by
from gateway.runtime.journal import Journal
from gateway.runtime.observing import tell_begun, tell_ended, told_step
from gateway.runtime.outcome import Finished, write_outcome
from gateway.runtime.persistence import retry_until_stored
from gateway.runtime.places import Places
from gateway.runtime.posting import Posting
from gateway.runtime.queued import REFUSALS, QueuedDelivery, Refusal
from gateway.runtime.session import Session, SessionPool
from gateway.runtime.tokens import ProfileToken
from gateway.runtime.turn import (
    Services,
    Turn,
    break_off_live,
    break_off_streams,
    close_streams,
    finish_live,
    person_of,
    settle_contents,
    workspace_of,
)
from gateway.runtime.twins import TWIN_WITHIN, merged

log = structlog.get_logger(__name__)


_NOT_TAKEN = "That cannot be taken here any more."
"""The text shown to a person whose form or feedback is refused with the reason ``nothing``."""


class Handlers(Protocol):
    """The user's bot as the runtime sees it (``gateway.chat`` implements it)."""

    def wants(self, event: Event) -> bool:
        """Whether a handler is registered for such an event."""
        ...

    async def start(self, turn: Turn) -> None:
        """Run ``on_chat_start``, in a new session."""
        ...

    async def resume(self, turn: Turn) -> None:
        """Run ``on_chat_resume``, in a session restored from the store."""
        ...

    async def handle(self, turn: Turn) -> None:
        """Run the handler of the turn's event."""
        ...

    async def stop(self, turn: Turn) -> None:
        """Run ``on_stop``, after the user stopped the turn."""
        ...

    async def end(self, turn: Turn) -> None:
        """Run ``on_chat_end``, before the session ends."""
        ...


class Runner:
    """Runs turns, each from the stored delivery to the stored outcome."""

    def __init__(
        self,
        services: Services,
        pool: SessionPool,
        handlers: Handlers,
        *,
        places: Places,
        timeout: float,
    ) -> None:
        self._services = services
        self._observers = services.observers
        self._pool = pool
        self._handlers = handlers
        self._places = places
        self._timeout = timeout or None

    @property
    def closing(self) -> bool:
        """Whether the process ends and running turns are being cancelled."""
        return self._services.closing

    def close(self) -> None:
        """Note that the process ends: a turn that is cancelled from now on is handed over to the next process."""
        self._services.closing = True

    async def run(
        self,
        queued: QueuedDelivery,
        *,
        lease: Lease,
        asks: OpenAsks,
        running: Callable[[Turn | None], None],
        behind: Callable[[], bool],
    ) -> None:
        """Run the turn of a delivery as soon as ``Places`` has a place for it. Returns when its outcome is durable;
        raises what the handler raised. ``running`` is called with the turn when it can be stopped and with None when it
        no longer can; ``behind`` says whether another turn of the conversation waits for its end."""
        person, workspace = person_of(queued.event), workspace_of(queued.event)
        await self._places.take(person, workspace)
        tell_begun(self._observers, queued, person)
        try:
            turn = await self._run_handlers(queued, lease=lease, asks=asks, running=running)
        finally:
            self._places.give_back(person, workspace)
        if turn is not None:  # the place is free again already: the rest only waits for the store
            try:
                turn.note_posted()
                await turn.journal.close(keep=False)
                await retry_until_stored(lambda: self._finish(turn, soon=behind()))
            finally:
                if turn.transcript in turn.session.transcripts:
                    turn.session.transcripts.remove(turn.transcript)
                if turn.uploads is not None:
                    turn.uploads.end()
                if isinstance(queued.event, MessageRequested):
                    self._pool.leave(turn.session)
        refused = turn is None and queued.refused is not None
        stopped = turn is not None and turn.stopping
        tell_ended(self._observers, queued, "refused" if refused else "stopped" if stopped else "done")

    async def _run_handlers(
        self, queued: QueuedDelivery, *, lease: Lease, asks: OpenAsks, running: Callable[[Turn | None], None]
    ) -> Turn | None:
        """Run the handlers and return the turn; None if there was nothing to run."""
        services = self._services
        if queued.refused is not None:
            await self._refuse(queued.event, queued.refused)
            await retry_until_stored(
                lambda: write_outcome(services.store, lease, queued.key, outcome=Outcome(journal=False))
            )
            return None
        recorded = await services.store.effects(queued.event.ref.key, queued.key) if queued.rerun else ()
        session = await self._open(queued)
        if session is None:  # the event belongs to a conversation that has ended
            changed = await changed_by(queued, services.store) if services.history.on else ()
            kept = services.history.placed(changed)
            await write_outcome(services.store, lease, queued.key, outcome=kept._replace(journal=bool(recorded)))
            return None
        eager = not services.sender.can_find_sent(queued.event.ref)
        journal = Journal(services.store, lease, queued.key, recorded, eager=eager)
        turn = Turn(
            services=services,
            queued=queued,
            lease=lease,
            session=session,
            journal=journal,
            asks=asks,
            places=self._places,
        )
        session.transcripts.append(turn.transcript)
        reset = current_turn.set(turn)
        try:
            await self._run_stoppable(turn, running)
            turn.typing.pause()
            await settle_contents(turn)
        except BaseException as error:
            turn.over = True
            if turn.session.pins == 1:  # otherwise changes of another turn would be rolled back too
                turn.session.roll_back()
            try:
                if isinstance(error, Exception) and not isinstance(error, Fenced):
                    await break_off_streams(turn)
                    await break_off_live(turn)
                    await settle_contents(turn)
            finally:
                if turn.uploads is not None:
                    turn.uploads.end()
                queued.records = services.history.records(turn)
                turn.session.transcripts.remove(turn.transcript)
                await journal.close(keep=True)
            raise
        finally:
            turn.typing.pause()
            for message in turn.live:
                message.cancel()
            self._pool.close(turn.session)
            if turn.over and isinstance(queued.event, MessageRequested):
                self._pool.leave(turn.session)
            current_turn.reset(reset)
        return turn

    async def _refuse(self, event: Event, why: Refusal) -> None:
        """Tell the person whose interaction is refused why, and nobody else. No handler runs for it."""
        log.info("interaction.refused", kind=event.kind, why=why, conversation=event.ref.key)
        text = _NOT_TAKEN if why == "nothing" and not isinstance(event, ActionInvoked) else REFUSALS[why]
        await self.tell(event, text)

    async def tell(self, event: Event, text: str) -> None:
        """Tell the person who caused an event something that nobody else needs to read. A failure of the platform is
        logged."""
        try:
            await self._services.sender.notify(event.ref, event.user, text)
        except PlatformError as error:
            log.warning("interaction.untold", conversation=event.ref.key, error=str(error))

    async def _open(self, queued: QueuedDelivery) -> Session | None:
        event = queued.event
        return await self._pool.open(
            event.ref,
            event.user,
            opener=queued.key,
            at=queued.received_at,
            record=queued.session,
            read=queued.session_read,
            create=queued.opens,
        )

    async def _finish(self, turn: Turn, *, soon: bool) -> None:
        # The record is made here, with no await before the store has it: a concurrent turn may save the session too.
        record = None if turn.session.ended else turn.session.to_save()
        history, transcripts = self._services.history, turn.session.transcripts
        records = history.records(turn)
        # Whoever edits a message of the turn from now on writes that after the turn's own records.
        transcripts.remove(turn.transcript)
        try:
            await write_outcome(
                self._services.store,
                turn.lease,
                turn.delivery.key,
                Finished(soon=soon),
                history.placed(records)._replace(session=record, journal=turn.journal.written, posted=turn.posted),
            )
        except BaseException:
            turn.session.not_saved()
            transcripts.append(turn.transcript)
            raise
        history.written(records, turn.session)

    async def _run_stoppable(self, turn: Turn, running: Callable[[Turn | None], None]) -> None:
        if turn.delivery.withdrawn:
            return
        if not isinstance(turn.event, MessageRequested):  # a person stops what they asked for, not what others do
            running(turn)
        try:
            if self._timeout is None:
                await self._run_hooks_and_handler(turn)
            else:
                async with asyncio.timeout(self._timeout) as turn.clock:
                    await self._run_hooks_and_handler(turn)
            if turn.streaming and not turn.stopping:
                await close_streams(turn)
            if not turn.stopping:
                await finish_live(turn)
        except Fenced:
            raise
        except (Exception, asyncio.CancelledError):
            # A stopped turn never runs again, whatever its handler raises (sending raises ``TurnStopped``).
            if not turn.stopping:
                raise
        finally:
            running(None)
        if turn.stopping:
            if (task := asyncio.current_task()) is not None:
                task.uncancel()
            await (self._cut_off(turn) if turn.gone else self._stopped(turn))

    async def _cut_off(self, turn: Turn) -> None:
        """End the streams of a turn whose conversation does not exist any more. No hook runs."""
        turn.typing.pause()
        try:
            await break_off_streams(turn)
        finally:
            log.info(
                "turn.cut_off", delivery=turn.delivery.key, reason="its conversation was deleted, or the bot removed"
            )

    async def _stopped(self, turn: Turn) -> None:
        turn.stopping = False  # on_stop and the closing of streams may send again
        turn.typing.pause()
        try:
            await self._hook(self._handlers.stop, turn, "on_stop")
        finally:
            await close_streams(turn)
            await break_off_live(turn)
            turn.stopping = True
        log.info("turn.stopped", delivery=turn.delivery.key)

    async def _hook(self, hook: Callable[[Turn], Awaitable[None]], turn: Turn, name: str) -> None:
        """Call a hook and log its failure: the turn or the session must end anyway."""
        try:
            await self._call(hook, turn, name)
        except Fenced:
            raise
        except Exception:
            log.exception("hook.failed", delivery=turn.delivery.key)

    async def _call(self, hook: Callable[[Turn], Awaitable[None]], turn: Turn, name: str) -> None:
        """Call a hook or a handler, and tell observers of it under its name."""
        with told_step(self._observers, turn.delivery, f"{turn.run_id}/{name}", name):
            await hook(turn)

    async def _run_hooks_and_handler(self, turn: Turn) -> None:
        if isinstance(turn.event, MessageRequested):
            await self._say(turn)
            return
        turn.profile = await self._services.profile(turn.event.user)
        turn.typing.resume()
        event = turn.event
        turn.session.values.update(event.session_values)
        if isinstance(event, ConversationEnded):
            await self._end(turn, event.reason)
            return
        if isinstance(event, CommandInvoked) and event.command == "new":
            await self._end(turn, "command")
            await self._begin_again(turn, {})
            return
        # Whoever chooses a profile begins anew with it, so the profile is known before the session is opened.
        if turn.delivery.opens and not isinstance(turn.delivery.token, ProfileToken):
            await self._open_hooks(turn)
        if not isinstance(event, ConversationStarted):
            turn.journal.phase = "handle"
            await self.complete(turn.delivery)
            turn.delivery.begun = True
            await self._call(self._handlers.handle, turn, event.kind)
        if turn.anew is not None:
            await self._end(turn, "profile")
            await self._begin_again(turn, turn.anew)

    async def _say(self, turn: Turn) -> None:
        """Post what a program wants said. No hook of the bot runs for it: a session that begins with it is opened for
        the bot by the next event of a person."""
        turn.journal.phase = "handle"
        if turn.session.opening == "start" and turn.event.user.id:
            turn.profile = await self._services.profile(turn.event.user)  # for the history: the person may be new
        await self._handlers.handle(turn)

    async def complete(self, queued: QueuedDelivery) -> None:
        """Complete a message of which the delivery has only a part: from a second delivery of it, else from the
        platform."""
        event = queued.event
        if not isinstance(event, MessageCreated) or not event.partial:
            return
        await queued.twin_within(TWIN_WITHIN)
        event = queued.event
        if isinstance(event, MessageCreated) and event.partial:
            completed = await self._services.sender.complete(event)
            queued.event = replace(merged(event, completed), partial=False)  # there is no further source

    async def _open_hooks(self, turn: Turn) -> None:
        opening = turn.session.opening
        if opening is None:
            return
        turn.journal.phase = "open"
        if opening == "start":
            await self._call(self._handlers.start, turn, "on_chat_start")
        else:
            await self._call(self._handlers.resume, turn, "on_chat_resume")
        turn.session.opening = None
        turn.session.checkpoint()

    async def _end(self, turn: Turn, reason: str) -> None:
        if turn.session.opening != "start":
            await self._hook(self._handlers.end, turn, "on_chat_end")
        await self._pool.end(turn.session)
        await self._services.files.forget(turn.session.id)
        if reason == "idle" and turn.session.opening != "start":  # nobody has to hear that who never came
            again = "Mention me" if turn.ref.kind == "thread" else "Write"
            await Posting(turn).put(
                Outgoing(text=f"This conversation was idle for a while, so it was closed. {again} to start a new one.")
            )
        elif reason == "command":
            await Posting(turn).put(Outgoing(text="Started a new conversation."))

    async def _begin_again(self, turn: Turn, values: Mapping[str, Any]) -> None:
        opener = f"{turn.delivery.key}/again"
        at = turn.delivery.received_at
        session = await self._pool.open(turn.ref, turn.event.user, opener=opener, at=at, record=None, read=True)
        if session is not None:
            session.values.update(values)
            turn.session.transcripts.remove(turn.transcript)
            self._pool.close(turn.session)
            turn.session = session
            session.transcripts.append(turn.transcript)
            await self._open_hooks(turn)
