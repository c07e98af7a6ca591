"""Steps: what a bot does on the way to its answer, shown while it happens and summed up after."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Any, Literal, Self, TypeAlias

import structlog

from gateway.chat import kept
from gateway.chat.author import shown_step
from gateway.chat.elements.base import Element
from gateway.chat.elements.keeping import keep_all
from gateway.chat.ids import derived_id
from gateway.chat.message import Message
from gateway.chat.step_text import StepText
from gateway.chat.text import message_text
from gateway.egress.degrade import literal
from gateway.markdown.code import fenced
from gateway.model import StepDict, StepRecord, TaskStatus, TaskUpdate
from gateway.redaction import redact
from gateway.runtime.calling import on_loop, run_sync, tell_loop
from gateway.runtime.context import current_turn, require_turn
from gateway.runtime.step_board import StepBoard
from gateway.runtime.turn import Turn, TurnStopped
from gateway.telemetry.observer import StepBegun, StepEnded

log = structlog.get_logger(__name__)

StepType: TypeAlias = Literal[
    "run",
    "tool",
    "llm",
    "embedding",
    "retrieval",
    "rerank",
    "undefined",
    "user_message",
    "assistant_message",
    "system_message",
]
"""What a step is."""

_NAME_LIMIT = 150
"""Characters of a step's name that are shown."""

_around: ContextVar[tuple["Step", ...]] = ContextVar("gateway_steps", default=())
"""The steps the running code is inside of, the outermost first."""


class _Files(Message):
    """The message with a step's elements, which nobody says."""

    _is_said = False

    def __init__(self, step: "Step") -> None:
        super().__init__(f"**{literal(step.shown_name)}**", type="system_message")
        self._step = step.id

    @property
    def owner_id(self) -> str:
        """The id that its elements belong to: the step's."""
        return self._step


class Step:
    """Something the bot does on the way to its answer: a tool call, a search, a model's turn.

    It is a context manager, for ``async with`` and for ``with``: it is shown when it is entered, and again with its
    output and duration when it is left. A step entered inside of another one is nested under it. What raises inside of
    it is shown as failed and goes on. Which steps are shown is the operator's setting ``GATEWAY_COT``. Outside of a
    handler the block runs and nothing is shown.

    Args:
        name: The name of the step, as people read it.
        type: What the step is: ``tool``, ``llm``, ``run``, …; ``GATEWAY_COT=tool_call`` shows only ``tool``.
        id: The step's id; by default one that is the same when the turn runs again.
        parent_id: The id of the step it is nested under; by default the step it is entered in.
        elements: Files, images and texts of the step, posted below when it ends.
        metadata: Data of your own, kept with the object and not shown.
        tags: Words of your own, kept with the object and not shown.
        language: Show the output as a code block of this language (``"json"``).
        default_open: Whether a web page shows the step opened; it is only kept.
        auto_collapse: Whether a web page closes the step at its end; it is only kept.
        show_input: Whether the input is shown too; a language (``"json"``) shows it as a code block of it.
    """

    def __init__(
        self,
        name: str | None = "Step",
        type: StepType = "undefined",
        id: str | None = None,
        parent_id: str | None = None,
        elements: Sequence[Element] | None = None,
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
        language: str | None = None,
        default_open: bool = False,
        auto_collapse: bool = False,
        show_input: bool | str = False,
    ) -> None:
        self.name = name or "Step"
        self.type: str = type
        self.id = id or derived_id()
        self.parent_id = parent_id
        self.elements = list(elements or [])
        self.metadata = metadata or {}
        self.tags = tags
        self.language = language
        self.default_open = default_open
        self.auto_collapse = auto_collapse
        self.show_input = show_input
        self.generation: Mapping[str, Any] | None = None
        """What is known of a call of a model, kept in the history with the step: ``provider``, ``model``, ``messages``
        or ``prompt``, ``tokenCount``, ``inputTokenCount``, ``outputTokenCount``, ``duration`` (s), ``ttFirstToken``
        (ms), ``tokenThroughputInSeconds``. The instrumented libraries fill it in."""
        self.is_error: bool | None = False
        self.created_at = _now()
        """When the step was made, ISO 8601 in UTC."""
        self.start: str | None = None
        """When it began, ISO 8601 in UTC; None before."""
        self.end: str | None = None
        """When it ended, ISO 8601 in UTC; None before."""
        self.streaming = False
        self._input = StepText()
        self._output = StepText()
        self._began: float | None = None
        self._took: float | None = None
        self._board: StepBoard | None = None
        self._above: str | None = None
        """Id of the shown step it lies inside of."""
        self._files: Message | None = None
        self._sent: list[str] = []
        self._unshown: frozenset[str] = frozenset()
        """Ids of the rows that history has of elements of a step that is not shown."""
        self._kept_running = False

    @property
    def input(self) -> str:
        """What goes into the step. A dict, a list or a tuple is kept as JSON."""
        return self._input.text

    @input.setter
    def input(self, content: Any) -> None:
        self._input = StepText(content)
        if self.show_input:
            _ = self._input.text  # what it is now: a list of messages grows while the step runs

    @property
    def output(self) -> str:
        """What comes out of the step, as Markdown. A dict, a list or a tuple is kept as JSON."""
        return self._output.text

    @output.setter
    def output(self, content: Any) -> None:
        self._output = StepText(content)
        self.language = self._output.language or self.language

    @property
    def running(self) -> bool:
        """Whether the step has begun and not ended."""
        return self.start is not None and self.end is None

    @property
    def shown_name(self) -> str:
        """The name on one line, as people read it."""
        turn = current_turn.get()
        name = str(self.name) if turn is None else shown_step(turn, str(self.name))
        name = " ".join(message_text(name).split())
        return name if len(name) <= _NAME_LIMIT else name[: _NAME_LIMIT - 1] + "…"

    async def send(self) -> Self:
        """Show the step; ``async with`` and ``with`` do so by themselves.

        Returns:
            The step itself.

        Raises:
            PlatformError: The platform did not take an element of the step, retries included.
            RuntimeError: There is no conversation here, or the turn was stopped.
        """
        await self._change(require_turn())
        return self

    async def update(self) -> bool:
        """Show what changed in a step that is shown already.

        Returns:
            True.

        Raises:
            PlatformError: The platform did not take an element of the step, retries included.
            RuntimeError: There is no conversation here, or the turn was stopped.
        """
        await self._change(require_turn())
        return True

    async def remove(self) -> bool:
        """Take the step off again, with its elements.

        Returns:
            Whether it is gone: what is shown in a native stream (Slack) stays there.

        Raises:
            PlatformError: The platform did not take an element off, retries included.
            RuntimeError: There is no conversation here, or the turn was stopped.
        """
        turn = require_turn()
        turn.check()
        kept.forget(turn, self.id)
        if self._files is not None:
            files, self._files, self._sent = self._files, None, []
            await files.remove()
        return self._board is not None and await self._board.drop(self)

    async def stream_token(self, token: str, is_sequence: bool = False, is_input: bool = False) -> None:
        """Add a piece of text to the output while the step runs; it appears as often as the platform allows.

        Args:
            token: The piece of text.
            is_sequence: Whether ``token`` is the whole text so far, which it replaces, and not a piece to append.
            is_input: Whether it belongs to the input and not to the output.

        Raises:
            RuntimeError: There is no conversation here, or the turn was stopped.
        """
        turn = require_turn()
        turn.check()
        if is_sequence:
            content = StepText(token)
            self._input, self._output = (content, self._output) if is_input else (self._input, content)
        else:
            (self._input if is_input else self._output).append(token or "")
        self.streaming = True
        self._show(turn)
        await asyncio.sleep(0)  # a handler whose model blocks awaits nothing else: the step is shown here

    def to_dict(self) -> StepDict:
        """Return the step as a dict, as a data layer keeps it."""
        turn = current_turn.get()
        return {
            "name": self.name,
            "type": self.type,
            "id": self.id,
            "threadId": turn.thread_id if turn is not None else "",
            "parentId": self.parent_id,
            "streaming": self.streaming,
            "metadata": self.metadata,
            "tags": self.tags,
            "input": self.input,
            "isError": self.is_error,
            "output": self.output,
            "createdAt": self.created_at,
            "start": self.start,
            "end": self.end,
            "language": self.language,
            "defaultOpen": self.default_open,
            "autoCollapse": self.auto_collapse,
            "showInput": self.show_input,
            "generation": None if self.generation is None else dict(self.generation),
        }

    def as_task(self, room: int) -> TaskUpdate:
        """Return what people see of the step now.

        Args:
            room: Characters of its input that are shown at most, and of its output.
        """
        status: TaskStatus = "error" if self.is_error else "in_progress" if self.running else "complete"
        language = self.show_input if isinstance(self.show_input, str) else self._input.language
        return TaskUpdate(
            id=self.id,
            title=self.shown_name,
            status=status,
            details=_shown(self._input, language, room) if self.show_input else "",
            output=_shown(self._output, self.language or "", room),
            seconds=self._took,
        )

    def begin(self, inside: "Sequence[Step] | None" = None) -> Self:
        """Show the step as begun, as ``with`` does at its head, for code whose step ends somewhere else (callbacks of a
        library). It works on every thread and waits for nothing. Outside of a handler nothing is shown.

        Args:
            inside: The steps it is nested under, the outermost first; by default those the running code is in.

        Returns:
            The step itself. ``finish`` ends it.

        Raises:
            RuntimeError: The turn was stopped.
        """
        turn = current_turn.get()
        if turn is not None:
            turn.check()
        steps = steps_around() if inside is None else tuple(inside)
        if self.parent_id is None:
            over = steps[-1] if steps else current_run()
            self.parent_id = over.id if over is not None else None
        self.start, self.end = _now(), None
        self._began, self._took = time.monotonic(), None
        _around.set((*steps, self))
        if turn is not None:
            turn.services.observers.step_begun(
                StepBegun(turn.ref.key, turn.delivery.key, self.id, self.parent_id, str(self.name), self.type)
            )
        self.refresh()
        return self

    def refresh(self) -> None:
        """Have the step shown as it is now, soon. Unlike ``update`` it works on every thread and waits for nothing."""
        turn = current_turn.get()
        if turn is not None:
            tell_loop(turn, partial(self._show, turn))

    def finish(self, error: BaseException | None = None) -> None:
        """End a step that was begun by ``begin``, on any thread, without waiting.

        Args:
            error: What failed; it is shown instead of the output.
        """
        turn = self._leave(error)
        if turn is not None and error is None and self._unsent():
            tell_loop(turn, partial(self._send_elements_beside, turn))

    async def __aenter__(self) -> Self:
        self.begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        turn = self._leave(error)
        if turn is None or not self._unsent():
            return
        if error is None:
            await self._send_elements()
        elif isinstance(error, Exception):
            try:
                await self._send_elements()
            except Exception:
                log.exception("step.elements_not_sent", step=self.name)  # the step's own error matters more

    def __enter__(self) -> Self:
        self.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        turn = self._leave(error)
        if turn is None or error is not None or not self._unsent():
            return
        if on_loop(turn):
            self._send_elements_beside(turn)
        else:
            run_sync(self._send_elements())

    def _leave(self, error: BaseException | None) -> Turn | None:
        self.end = _now()
        self.streaming = False
        if self._began is not None:
            self._took = time.monotonic() - self._began
        if error is not None:
            self.is_error = True
            self._output = StepText(_said(error))
            self.language = None
        _around.set(tuple(step for step in _around.get() if step is not self))
        self.refresh()
        turn = current_turn.get()
        if turn is not None and self._took is not None:
            failure = "" if error is None else type(error).__name__
            turn.services.observers.step_ended(
                StepEnded(turn.ref.key, turn.delivery.key, self.id, str(self.name), self.type, self._took, failure)
            )
        return turn

    async def _change(self, turn: Turn) -> None:
        turn.check()
        self.streaming = False
        self._show(turn)
        if self._unsent():
            await self._send_elements()
        else:
            await asyncio.sleep(0)  # a handler that awaits nothing else lets the board be shown here

    def _show(self, turn: Turn) -> None:
        """Have the step shown as it is now; on the event loop."""
        if self._board is None or self._board.conversation != turn.ref.key:
            self._board = turn.steps
            self._files, self._sent = None, []
            inside = _around.get()
            if self not in inside:
                inside = steps_around()
            steps = [step for step in inside if step is not self and self._board.shows(step)]
            self._above = steps[-1].id if steps else None
            if self.parent_id is not None and self.parent_id not in {step.id for step in inside}:
                self._above = self.parent_id  # the handler named it
        self._board.put(self, self._above)
        self._keep(turn)

    def _keep(self, turn: Turn) -> None:
        """Keep the step as it is now in the history."""
        if self.running and self._kept_running:
            return  # the texts of a step that streams are kept at its end
        self._kept_running = self.running
        record = StepRecord(
            id=self.id,
            thread=turn.thread_id,
            user=turn.person,
            name=str(self.name),
            type=self.type,
            created_at=datetime.fromisoformat(self.created_at).timestamp(),
            output=self.output,
            input=self.input,
            parent=self.parent_id,
            start=self.start,
            end=self.end,
            is_error=bool(self.is_error),
            metadata=self.metadata,
            tags=self.tags,
            language=self.language,
            show_input=self.show_input,
            default_open=self.default_open,
            auto_collapse=self.auto_collapse,
            generation=self.generation,
        )
        kept.keep(turn, record)

    def _unsent(self) -> bool:
        return [element.id for element in self.elements] != self._sent

    def _send_elements_beside(self, turn: Turn) -> None:
        """Send the elements without waiting for it; on the event loop."""
        turn.beside.add(turn.services.spawn(self._send_elements()))

    async def _send_elements(self) -> None:
        self._sent = [element.id for element in self.elements]
        if self._board is not None and not self._board.shows(self):
            self._unshown = await keep_all(require_turn(), self.elements, self.id, self._unshown)
            return
        if self._files is None:
            self._files = _Files(self)
        self._files.elements = list(self.elements)
        if self.elements:
            await self._files.send()
        else:
            files, self._files = self._files, None
            await files.remove()


def current_step() -> Step | None:
    """Return the innermost step the running code is in, else the run; None outside of a handler."""
    steps = steps_around()
    return steps[-1] if steps else current_run()


def steps_around() -> tuple[Step, ...]:
    """Return the steps the running code is inside of, the outermost first. One that ended in another context, as in
    callbacks of a library, is none any more."""
    return tuple(step for step in _around.get() if step.end is None)


def current_run() -> Step | None:
    """Return the step that stands for the call of the running handler, which is never shown; None outside of one."""
    turn = current_turn.get()
    if turn is None:
        return None
    board = turn.steps
    if not isinstance(board.run, Step):
        match turn.journal.phase:
            case "open":
                name = "on_chat_resume" if turn.session.opening == "resume" else "on_chat_start"
            case "connect":
                name = "on_mcp_connect"
            case "handle":
                name = _HOOKS.get(turn.event.kind, turn.event.kind)
        run = Step(name, type="run", id=turn.run_id)
        run.start, run._began = run.created_at, time.monotonic()  # pyright: ignore[reportPrivateUsage]
        board.run = run
        return run
    return board.run


_HOOKS = {"message_created": "on_message", "command_invoked": "on_message", "action_invoked": "action_callback"}
"""Names of the hooks that events are handled by."""


def _shown(content: StepText, language: str, room: int) -> str:
    text = content.beginning(room)
    return fenced(text, language) if text and language else text


def _said(error: BaseException) -> str:
    """Return what people read of an error, without secrets."""
    if isinstance(error, asyncio.CancelledError | TurnStopped):
        return "stopped"
    try:
        return redact(str(error)) or type(error).__name__
    except Exception:
        return type(error).__name__


def _now() -> str:
    return datetime.now(UTC).isoformat()
