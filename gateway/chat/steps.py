"""Steps: what a bot does on the way to its answer, shown while it happens and summed up after."""

import asyncio
import inspect
import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial, wraps
from types import TracebackType
from typing import Any, Literal, ParamSpec, Self, TypeAlias, TypeVar, overload

import structlog

from gateway.chat.dicts import StepDict
from gateway.chat.elements.base import Element
from gateway.chat.ids import derived_id
from gateway.chat.message import Message
from gateway.chat.text import message_text
from gateway.egress.degrade import literal
from gateway.markdown.code import fenced
from gateway.model import TaskStatus, TaskUpdate
from gateway.redaction import redact
from gateway.runtime.calling import run_sync
from gateway.runtime.context import current_turn, require_turn
from gateway.runtime.results import begin_call, keep_result
from gateway.runtime.step_board import StepBoard
from gateway.runtime.turn import Turn

log = structlog.get_logger(__name__)

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

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
        self.is_error: bool | None = False
        self.created_at = _now()
        """When the step was made, ISO 8601 in UTC."""
        self.start: str | None = None
        """When it began, ISO 8601 in UTC; None before."""
        self.end: str | None = None
        """When it ended, ISO 8601 in UTC; None before."""
        self.streaming = False
        self._input = ""
        self._input_language = ""
        self._output = ""
        self._began: float | None = None
        self._took: float | None = None
        self._board: StepBoard | None = None
        self._above: str | None = None
        """Id of the shown step it lies inside of."""
        self._files: Message | None = None
        self._sent: list[str] = []

    @property
    def input(self) -> str:
        """What goes into the step. A dict, a list or a tuple is kept as JSON."""
        return self._input

    @input.setter
    def input(self, content: Any) -> None:
        self._input, self._input_language = _as_text(content)

    @property
    def output(self) -> str:
        """What comes out of the step, as Markdown. A dict, a list or a tuple is kept as JSON."""
        return self._output

    @output.setter
    def output(self, content: Any) -> None:
        self._output, language = _as_text(content)
        self.language = language or self.language

    @property
    def running(self) -> bool:
        """Whether the step has begun and not ended."""
        return self.start is not None and self.end is None

    @property
    def shown_name(self) -> str:
        """The name on one line, as people read it."""
        name = " ".join(message_text(self.name).split())
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
        require_turn().check()
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
        if is_input:
            self._input = token if is_sequence else self._input + (token or "")
        else:
            self._output = token if is_sequence else self._output + (token or "")
        self.streaming = True
        self._show(turn)

    def to_dict(self) -> StepDict:
        """Return the step as a dict, as a data layer keeps it."""
        turn = current_turn.get()
        return {
            "name": self.name,
            "type": self.type,
            "id": self.id,
            "threadId": turn.ref.key if turn is not None else "",
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
            "generation": None,
        }

    def as_task(self, room: int) -> TaskUpdate:
        """Return what people see of the step now.

        Args:
            room: Characters of its input that are shown at most, and of its output.
        """
        status: TaskStatus = "error" if self.is_error else "in_progress" if self.running else "complete"
        language = self.show_input if isinstance(self.show_input, str) else self._input_language
        return TaskUpdate(
            id=self.id,
            title=self.shown_name,
            status=status,
            details=_shown(self._input, language, room) if self.show_input else "",
            output=_shown(self._output, self.language or "", room),
            seconds=self._took,
        )

    async def __aenter__(self) -> Self:
        self._enter()
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
        self._enter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        turn = self._leave(error)
        if turn is None or error is not None or not self._unsent():
            return
        if _on_loop(turn):
            turn.beside.add(turn.services.spawn(self._send_elements()))
        else:
            run_sync(self._send_elements())

    def _enter(self) -> None:
        turn = current_turn.get()
        if turn is not None:
            turn.check()
        steps = _around.get()
        if self.parent_id is None:
            over = steps[-1] if steps else current_run()
            self.parent_id = over.id if over is not None else None
        self.start, self.end = _now(), None
        self._began, self._took = time.monotonic(), None
        _around.set((*steps, self))
        if turn is not None:
            _do(turn, partial(self._show, turn))

    def _leave(self, error: BaseException | None) -> Turn | None:
        self.end = _now()
        self.streaming = False
        if self._began is not None:
            self._took = time.monotonic() - self._began
        if error is not None:
            self.is_error = True
            self._output = redact(str(error)) or type(error).__name__
            self.language = None
        _around.set(tuple(step for step in _around.get() if step is not self))
        turn = current_turn.get()
        if turn is not None:
            _do(turn, partial(self._show, turn))
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
        if self._board is None:
            self._board = turn.steps
            steps = [step for step in _around.get() if step is not self and self._board.shows(step)]
            self._above = steps[-1].id if steps else None
            if self.parent_id is not None and self.parent_id not in {step.id for step in _around.get()}:
                self._above = self.parent_id  # the handler named it
        self._board.put(self, self._above)

    def _unsent(self) -> bool:
        shown = self._board is not None and self._board.shows(self)
        return shown and (self.streaming is False) and [element.id for element in self.elements] != self._sent

    async def _send_elements(self) -> None:
        self._sent = [element.id for element in self.elements]
        if self._files is None:
            self._files = Message(f"**{literal(self.shown_name)}**", type="system_message")
        self._files.elements = list(self.elements)
        if self.elements:
            await self._files.send()
        else:
            files, self._files = self._files, None
            await files.remove()


def current_step() -> Step | None:
    """Return the innermost step the running code is in, else the run; None outside of a handler."""
    steps = _around.get()
    return steps[-1] if steps else current_run()


def current_run() -> Step | None:
    """Return the step that stands for the call of the running handler, which is never shown; None outside of one."""
    turn = current_turn.get()
    if turn is None:
        return None
    board = turn.steps
    if not isinstance(board.run, Step):
        phase = turn.journal.phase
        name = ("on_chat_resume" if turn.session.opening == "resume" else "on_chat_start") if phase == "open" else ""
        run = Step(name or _HOOKS.get(turn.event.kind, turn.event.kind), type="run", id=turn.new_id(f"run/{phase}"))
        run.start, run._began = run.created_at, time.monotonic()  # pyright: ignore[reportPrivateUsage]
        board.run = run
        return run
    return board.run


_HOOKS = {"message_created": "on_message", "command_invoked": "on_message", "action_invoked": "action_callback"}
"""Names of the hooks that events are handled by."""


@overload
def step(original_function: Callable[P, R]) -> Callable[P, R]: ...
@overload
def step(
    *,
    name: str | None = None,
    type: StepType = "undefined",
    id: str | None = None,
    parent_id: str | None = None,
    tags: list[str] | None = None,
    metadata: dict[str, Any] | None = None,
    language: str | None = None,
    show_input: bool | str = False,
    default_open: bool = False,
    auto_collapse: bool = False,
    once: bool = False,
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def step(
    original_function: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    type: StepType = "undefined",
    id: str | None = None,
    parent_id: str | None = None,
    tags: list[str] | None = None,
    metadata: dict[str, Any] | None = None,
    language: str | None = None,
    show_input: bool | str = False,
    default_open: bool = False,
    auto_collapse: bool = False,
    once: bool = False,
) -> Any:
    """Make every call of a function a ``Step``: its arguments are the input, what it returns is the output.

    In the function ``context.current_step`` is the step; an input or output that is set there is kept. Outside of a
    handler the function just runs.

    Args:
        original_function: The function, sync or async, where the decorator is used without parentheses.
        name: The name of the step; by default that of the function.
        type: What the step is: ``tool``, ``llm``, ``run``, …
        id: The step's id; by default each call has its own.
        parent_id: The id of the step it is nested under; by default the step it is called in.
        tags: Words of your own, kept with the step and not shown.
        metadata: Data of your own, kept with the step and not shown.
        language: Show the output as a code block of this language.
        show_input: Whether the input is shown too; a language shows it as a code block of it.
        default_open: Whether a web page shows the step opened; it is only kept.
        auto_collapse: Whether a web page closes the step at its end; it is only kept.
        once: Keep the result, which JSON must hold, until the turn is done: a turn that runs again (a crash, an error)
            gets it from there and does not call the function again. Two calls are the same where the function and the
            arguments are.

    Returns:
        The function with the same parameters, result and exceptions.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        def made() -> Step:
            return Step(
                name or getattr(function, "__name__", "Step"),
                type=type,
                id=id,
                parent_id=parent_id,
                tags=list(tags) if tags else None,
                metadata=dict(metadata) if metadata else None,
                language=language,
                show_input=show_input,
                default_open=default_open,
                auto_collapse=auto_collapse,
            )

        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def in_step(*args: Any, **kwargs: Any) -> Any:
                async with made() as current:
                    current.input = arguments = _arguments(function, args, kwargs)
                    call = partial(function, *args, **kwargs)
                    result = await (_call_once(function, arguments, call) if once else call())
                    _returned(current, result)
                    return result

            return in_step

        @wraps(function)
        def in_sync_step(*args: Any, **kwargs: Any) -> Any:
            with made() as current:
                current.input = arguments = _arguments(function, args, kwargs)
                call = partial(function, *args, **kwargs)
                result = _call_once_sync(function, arguments, call) if once else call()
                _returned(current, result)
                return result

        return in_sync_step

    return decorate if original_function is None else decorate(original_function)


async def _call_once(function: Callable[..., Any], arguments: Mapping[str, Any], call: Callable[[], Any]) -> Any:
    turn, name = current_turn.get(), _full_name(function)
    if turn is None:
        return await call()
    effect = begin_call(turn, name, arguments)
    if effect.found:
        return effect.body["result"]
    result = await call()
    await keep_result(turn, effect, result, name=name)
    return result


def _call_once_sync(function: Callable[..., Any], arguments: Mapping[str, Any], call: Callable[[], Any]) -> Any:
    turn, name = current_turn.get(), _full_name(function)
    if turn is None:
        return call()
    if _on_loop(turn):
        raise RuntimeError(
            f"step {name} has once=True and is sync: in async code make it `async def`, or call it by "
            "`await cl.make_async(...)(...)`, so that its result can be stored before it is used"
        )
    effect = _do(turn, lambda: begin_call(turn, name, arguments))
    if effect.found:
        return effect.body["result"]
    result = call()
    run_sync(keep_result(turn, effect, result, name=name))
    return result


def _full_name(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def _arguments(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call by the names of the parameters, without ``self``; empty for a call that fails."""
    try:
        bound = inspect.signature(function).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return {}
    bound.apply_defaults()
    return {name: value for name, value in bound.arguments.items() if name not in ("self", "cls")}


def _returned(current: Step, result: object) -> None:
    if result is not None and not current.output and not inspect.isgenerator(result) and not inspect.isasyncgen(result):
        current.output = result


def _as_text(content: Any) -> tuple[str, str]:
    """Return content as text, and the language it is in where that is known."""
    if content is None:
        return "", ""
    if isinstance(content, str):
        return message_text(content), ""
    if isinstance(content, dict | list | tuple):
        try:
            return message_text(json.dumps(content, indent=2, ensure_ascii=False, default=_foreign)), "json"
        except (TypeError, ValueError, RecursionError):  # keys that are no texts, something that contains itself
            pass
    return message_text(_foreign(content)), "text"


def _foreign(value: Any) -> str:
    """Return text for a value that JSON does not know."""
    if isinstance(value, bytes | bytearray):
        return f"<{len(value)} bytes>"
    try:
        return str(value)
    except Exception:
        return f"<{type(value).__name__}>"


def _shown(text: str, language: str, room: int) -> str:
    text = message_text(text).strip()
    if len(text) > room:
        text = text[: room - 1] + "…" if room else ""
    return fenced(text, language) if text and language else text


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _on_loop(turn: Turn) -> bool:
    """Return whether the running code is on the event loop of the turn, and not in a thread of its own."""
    try:
        return asyncio.get_running_loop() is turn.loop
    except RuntimeError:
        return False


def _do(turn: Turn, action: Callable[[], T]) -> T:
    """Do it on the event loop of the turn, and return when it is done."""
    if _on_loop(turn):
        return action()

    async def on_loop() -> T:
        return action()

    return asyncio.run_coroutine_threadsafe(on_loop(), turn.loop).result()
