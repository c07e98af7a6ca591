"""Calls of models by the ``mistralai`` client as steps."""

import functools
import inspect
from typing import Any

import structlog

from gateway.integrations.answers import ChatAnswer
from gateway.integrations.model_call import ModelCall

log = structlog.get_logger(__name__)

_INSTRUMENTED = "_gateway_instrumented"


def instrument_mistralai() -> None:
    """Show and keep each call of a model by the ``mistralai`` package in a handler as a step of type ``llm``.

    It covers ``client.chat`` and ``client.fim``: ``complete`` and ``stream``, sync and async, of clients made before
    and after. ``step.generation`` has the messages, settings, tools, answer, tokens and times. Outside of a handler
    calls are as before. Calling it again changes nothing.
    """
    from mistralai.client.chat import Chat
    from mistralai.client.fim import Fim

    for api in (Chat, Fim):
        for name in ("complete", "stream", "complete_async", "stream_async"):
            method = getattr(api, name)
            if not hasattr(method, _INSTRUMENTED):
                wrapped = _async(method) if inspect.iscoroutinefunction(method) else _sync(method)
                setattr(wrapped, _INSTRUMENTED, True)
                setattr(api, name, wrapped)


def _begin(arguments: dict[str, Any]) -> ModelCall | None:
    hidden = ("retries", "server_url", "timeout_ms", "http_headers")
    given = {name: value for name, value in arguments.items() if name not in hidden}
    return ModelCall.begin("mistralai", given, ChatAnswer())


def _sync(method: Any) -> Any:
    @functools.wraps(method)
    def in_step(self: Any, *args: Any, **arguments: Any) -> Any:
        call = _begin(arguments)
        if call is None:
            return method(self, *args, **arguments)
        try:
            result = method(self, *args, **arguments)
        except BaseException as error:
            call.failed(error)
            raise
        return _watched(call, result)

    return in_step


def _async(method: Any) -> Any:
    @functools.wraps(method)
    async def in_step(self: Any, *args: Any, **arguments: Any) -> Any:
        call = _begin(arguments)
        if call is None:
            return await method(self, *args, **arguments)
        try:
            result = await method(self, *args, **arguments)
        except BaseException as error:
            call.failed(error)
            raise
        return _watched(call, result)

    return in_step


def _watched(call: ModelCall, result: Any) -> Any:
    """Return what the client returned; the step ends with it, or with the stream that it is."""
    try:
        generator = getattr(result, "generator", None)
        if generator is None:
            call.answered(result)
        elif hasattr(result, "__anext__"):
            result.generator = call.watch_async(generator)
        else:
            result.generator = call.watch(generator)
    except Exception:
        log.exception("model.call_not_recorded", provider="mistralai")
        call.answered(None)
    return result
