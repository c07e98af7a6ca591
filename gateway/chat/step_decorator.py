"""The decorator that makes every call of a function a step, and keeps its result where it is to be called once."""

import inspect
from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar, overload

from gateway.chat.steps import Step, StepType
from gateway.runtime.calling import do_on_loop, on_loop, run_sync
from gateway.runtime.context import current_turn
from gateway.runtime.results import begin_call, keep_result

P = ParamSpec("P")
R = TypeVar("R")


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
    if on_loop(turn):
        raise RuntimeError(
            f"step {name} has once=True and is sync: in async code make it `async def`, or call it by "
            "`await cl.make_async(...)(...)`, so that its result can be stored before it is used"
        )
    effect = do_on_loop(turn, lambda: begin_call(turn, name, arguments))
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
