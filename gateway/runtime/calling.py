"""Calling the user's code, sync or async, and the bridges between both worlds."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import inspect
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from gateway.runtime.context import current_turn

if TYPE_CHECKING:
    from gateway.runtime.turn import Turn

P = ParamSpec("P")
T = TypeVar("T")


async def _in_thread(func: Callable[[], T]) -> T:
    """Run it in a thread of its own. No pool: a sync handler keeps its thread while it waits for an answer, so a pool
    of any size is full one day and then nobody is answered. A daemon: one that hangs must not keep the process alive.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()
    context = contextvars.copy_context()

    def settle(result: T | None, error: BaseException | None) -> None:
        if done.done():
            return  # the turn was stopped
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(cast(T, result))

    def queued() -> None:
        result, error = None, None
        try:
            result = context.run(func)
        except BaseException as problem:
            # Whatever it is belongs to whoever waits. A future takes no StopIteration, and a GeneratorExit out of one
            # would not be raised where somebody waits but close every coroutine on the way there.
            error = as_failure(problem) if isinstance(problem, GeneratorExit) else problem
            error = RuntimeError(repr(problem)) if isinstance(problem, StopIteration) else error
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=queued, name="gateway-handler", daemon=True).start()
    return await done


def make_async(func: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Return an async version of a blocking function: it runs in a thread of its own, in the same turn.

    Args:
        func: The blocking function. In it, ``run_sync`` waits for coroutines.

    Returns:
        A coroutine function with the same parameters, result and exceptions.
    """

    @functools.wraps(func)
    async def in_thread(*args: P.args, **kwargs: P.kwargs) -> T:
        return await _in_thread(functools.partial(func, *args, **kwargs))

    return in_thread


def run_sync(awaitable: Awaitable[T]) -> T:
    """Wait for a coroutine from sync code and return its result.

    It works in sync handlers and in functions wrapped by ``make_async`` (the coroutine runs on the bot's event loop),
    and where no loop runs at all (a script).

    Args:
        awaitable: The coroutine, or anything else that can be awaited.

    Raises:
        RuntimeError: It was called in async code, where it would block the loop it needs: use ``await`` there.
    """

    async def awaited() -> T:
        return await awaitable

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        if inspect.iscoroutine(awaitable):
            awaitable.close()
        raise RuntimeError("run_sync was called on the event loop: use `await`, or call it in a function made_async")
    turn = current_turn.get()
    if turn is None:
        return asyncio.run(awaited())
    return asyncio.run_coroutine_threadsafe(awaited(), turn.loop).result()


def on_loop(turn: Turn) -> bool:
    """Return whether the running code is on the event loop of the turn, and not in a thread of its own."""
    try:
        return asyncio.get_running_loop() is turn.loop
    except RuntimeError:
        return False


def do_on_loop(turn: Turn, action: Callable[[], T]) -> T:
    """Do it on the event loop of the turn, and return when it is done."""
    if on_loop(turn):
        return action()

    async def acted() -> T:
        return action()

    return asyncio.run_coroutine_threadsafe(acted(), turn.loop).result()


def tell_loop(turn: Turn, action: Callable[[], object]) -> None:
    """Do it on the event loop of the turn: at once if this is the loop, else as soon as the loop gets to it. A thread
    does not wait for that, because the loop may wait for the thread (``for part in graph.stream(…)`` in async code)."""
    if on_loop(turn):
        action()
    else:
        turn.loop.call_soon_threadsafe(action)


async def sleep(seconds: float) -> None:
    """Pause this turn, as ``asyncio.sleep`` does; other conversations go on.

    Args:
        seconds: How long, in seconds.
    """
    await asyncio.sleep(seconds)


class HandlerExit(Exception):
    """User code raised what would end more than its turn: ``SystemExit``, ``KeyboardInterrupt``, a cancellation that
    the gateway did not ask for. To the gateway that is a failed turn like any other; ``__cause__`` is what it was."""


def as_failure(error: BaseException) -> Exception:
    """The error as one that fails a turn and nothing else."""
    if isinstance(error, Exception):
        return error
    if isinstance(error, asyncio.CancelledError):
        said = "a cancellation that the gateway did not ask for reached the handler"
    else:
        said = f"the handler raised {type(error).__name__}: {error}"
    failure = HandlerExit(said)
    failure.__cause__ = error
    return failure


def forbids_awaiting(error: Exception) -> bool:
    """Whether it came of a ``GeneratorExit``. Out of a task that somebody awaits, Python closes every coroutine on its
    way with it, so that only the outermost one of the task that waited can await anything more."""
    return isinstance(error.__cause__, GeneratorExit) or "ignored GeneratorExit" in str(error)


async def forget_cancellations(task: asyncio.Task[Any], asked: int) -> None:
    """Take back what user code asked of the task it runs in, down to ``asked`` requests: the task is the gateway's, and
    what comes next in it was not meant."""
    while task.cancelling() > asked:
        task.uncancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.sleep(0)  # before Python 3.13 a request that was not delivered yet is delivered all the same


async def call(handler: Callable[..., Any], *args: Any) -> Any:
    """Run a handler. A sync one runs in a worker thread, so that it cannot hold up other conversations. A handler
    that takes fewer parameters than it is given is called without the rest (``on_chat_resume()`` is fine).

    What it raises comes out as an ``Exception``, whatever it was, unless the gateway itself cancelled the turn.
    """
    turn, task = current_turn.get(), asyncio.current_task()
    if turn is None or task is None:
        return await _call(handler, args)
    asked = task.cancelling()
    try:
        result = await _call(handler, args)
    except BaseException as error:
        # Exactly here the user's code ends: nothing of it may end the conversation queue, the server or the process.
        if isinstance(error, Exception) or turn.cancelled or is_discarded(error):
            raise
        if task.cancelling() > asked:
            await forget_cancellations(task, asked)
        raise as_failure(error) from error
    if task.cancelling() > asked and not turn.cancelled:
        await forget_cancellations(task, asked)
    return result


def is_discarded(error: BaseException) -> bool:
    """Whether it comes of a coroutine being discarded after the event loop has ended: nothing can be awaited then."""
    if not isinstance(error, GeneratorExit):
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return True
    return False


async def _call(handler: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    arity, is_async = _shape(handler, len(args))
    args = args[:arity]
    if is_async:
        return await handler(*args)
    result = await _in_thread(functools.partial(handler, *args))
    return await result if inspect.isawaitable(result) else result


@functools.lru_cache(maxsize=256)
def _shape(handler: Callable[..., Any], most: int) -> tuple[int, bool]:
    """How many of ``most`` arguments a handler takes, and whether it is async."""
    is_async = inspect.iscoroutinefunction(handler)
    try:
        parameters = inspect.signature(handler).parameters.values()
    except (TypeError, ValueError):
        return most, is_async
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return most, is_async
    return min(most, sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)), is_async
