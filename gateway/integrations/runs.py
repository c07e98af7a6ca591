"""Steps of the runs of a library, which tells by callbacks, on any thread, that a run begins, goes on and ends."""

import threading
from collections.abc import Callable, Hashable
from contextvars import Context, copy_context
from typing import Any, Generic, ParamSpec, TypeVar

import structlog

from gateway.chat.steps import Step, StepType, steps_around
from gateway.runtime.context import current_turn
from gateway.runtime.turn import Turn, TurnOver, TurnStopped

K = TypeVar("K", bound=Hashable)
P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger(__name__)

_OPEN = 5000
"""Runs that are open at once. Of more than that the oldest are forgotten: the library never said that they ended."""


class Run:
    """A run of a library: the turn it belongs to and the steps it lies in.

    Args:
        turn: The turn it belongs to.
        context: The context it is shown in.
        path: The shown steps it lies in, the outermost first; the last one is its own if it has one.
        step: Its own step; None for a run that is not shown, whose inner runs are.
    """

    __slots__ = ("context", "path", "state", "step", "turn")

    def __init__(self, turn: Turn, context: Context, path: tuple[Step, ...], step: Step | None) -> None:
        self.turn = turn
        self.context = context
        self.path = path
        self.step = step
        self.state: Any = None
        """What the integration keeps with the run."""

    def do(self, action: Callable[[], T]) -> T:
        """Do it in the turn of the run, also on a thread that was started without its context."""
        return action() if current_turn.get() is self.turn else self.context.copy().run(action)


class Runs(Generic[K]):
    """The open runs of a library by its own ids. Several may be open at once, in several turns and threads."""

    def __init__(self) -> None:
        self._made_in = current_turn.get()
        self._open: dict[K, Run] = {}
        self._lock = threading.Lock()

    def __getitem__(self, id: K) -> Run | None:
        return self._open.get(id)

    def begin(
        self,
        id: K,
        parent: K | None,
        name: str,
        type: StepType,
        *,
        input: Any = None,
        shown: bool = True,
        show_input: bool | str = False,
    ) -> Run | None:
        """Begin a run, and show its step.

        Args:
            id: The library's id of the run.
            parent: Its id of the run that this one lies in.
            name: The name of the step.
            type: What the step is.
            input: What goes into it.
            shown: Whether the run is a step; inner runs of one that is not are nested one level higher.
            show_input: Whether the step's input is shown, in a language of code where that is named.

        Returns:
            The run; None outside of a handler, where nothing is shown.
        """
        over = self._open.get(parent) if parent is not None else None
        turn = current_turn.get() or (over.turn if over is not None else self._made_in)
        if turn is None or turn.over or turn.stopping:
            return None
        context = copy_context()
        context.run(current_turn.set, turn)
        run = Run(turn, context, over.path if over is not None else self._outer(), None)
        if shown:
            run.do(lambda: self._show(run, name, type, input, show_input))
        with self._lock:
            self._open[id] = run
            if len(self._open) > _OPEN:
                del self._open[next(iter(self._open))]
        return run

    def end(self, id: K, output: Any = None, error: BaseException | None = None) -> Run | None:
        """End a run, and show what came out of it.

        Args:
            id: The library's id of the run.
            output: What came out; None leaves what is written to the step already.
            error: What it failed with.

        Returns:
            The run; None if none of this id is open.
        """
        with self._lock:
            run = self._open.pop(id, None)
        if run is None or run.step is None:
            return run
        if output is not None:
            run.step.output = output
        step = run.step
        run.do(lambda: step.finish(error))
        return run

    def _outer(self) -> tuple[Step, ...]:
        """Return the steps of the bot's own code around this; those of runs beside this one are not around it."""
        with self._lock:
            own = {run.step for run in self._open.values()}
        return tuple(step for step in steps_around() if step not in own)

    def _show(self, run: Run, name: str, type: StepType, input: Any, show_input: bool | str) -> None:
        run.step = Step(name, type=type, show_input=show_input)
        run.step.input = input
        run.step.begin(run.path)
        run.path = (*run.path, run.step)


def harmless(callback: Callable[P, None]) -> Callable[P, Any]:
    """Return the callback of a library so that it raises nothing: what fails in showing a run is logged, and the run
    goes on."""

    def safe(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            callback(*args, **kwargs)
        except (TurnStopped, TurnOver):
            return  # nothing is shown of what still runs then
        except Exception:
            log.exception("integration.callback_failed", callback=getattr(callback, "__qualname__", repr(callback)))

    safe.__name__, safe.__qualname__ = callback.__name__, callback.__qualname__
    safe.__doc__ = callback.__doc__
    return safe
