"""Replaces a method of a library's client, so that each call of a model that goes through it is a step."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import structlog

from gateway.integrations.model_call import ModelCall

log = structlog.get_logger(__name__)

_INSTRUMENTED = "_gateway_instrumented"


def instrument(
    client: type,
    name: str,
    *,
    begin: Callable[..., ModelCall | None],
    iterator: str,
    opened: Callable[[Any], Any] = lambda result: result,
) -> None:
    """Let the calls of a method, sync or async, be steps; a method that was replaced already stays as it is.

    Args:
        client: The class that has the method; objects of it that were made before are instrumented too.
        name: The method.
        begin: Begins the step, with the arguments of the call; None where the call is none of a model in a handler.
        iterator: The attribute in which the library's streams keep what they iterate over.
        opened: Returns the answer in what the method returned.
    """
    method = getattr(client, name)
    if hasattr(method, _INSTRUMENTED):
        return

    def watched(call: ModelCall, result: Any) -> Any:
        # The bot gets the library's own object: of a stream only what it iterates over is another one.
        try:
            answer = opened(result)
            parts = getattr(answer, iterator, None)
            if parts is None:
                call.answered(answer)
            else:
                watch = call.watch_async if hasattr(answer, "__anext__") else call.watch
                setattr(answer, iterator, watch(parts))
        except Exception:
            log.exception("model.call_not_recorded", method=name)
            call.answered(None)
        return result

    @functools.wraps(method)
    def in_step(*args: Any, **arguments: Any) -> Any:
        call = begin(*args, **arguments)
        if call is None:
            return method(*args, **arguments)
        try:
            result = method(*args, **arguments)
        except BaseException as error:
            call.failed(error)
            raise
        return watched(call, result)

    @functools.wraps(method)
    async def in_step_async(*args: Any, **arguments: Any) -> Any:
        call = begin(*args, **arguments)
        if call is None:
            return await method(*args, **arguments)
        try:
            result = await method(*args, **arguments)
        except BaseException as error:
            call.failed(error)
            raise
        return watched(call, result)

    wrapped: Any = in_step_async if inspect.iscoroutinefunction(method) else in_step
    setattr(wrapped, _INSTRUMENTED, True)
    setattr(client, name, wrapped)
