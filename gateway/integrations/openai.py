"""Calls of models by the ``openai`` client as steps: every way to call goes through the client's ``request``."""

import functools
from typing import Any

import structlog

from gateway.integrations.answers import Answer, ChatAnswer, ResponsesAnswer
from gateway.integrations.model_call import ModelCall

log = structlog.get_logger(__name__)

_READERS: dict[str, type[Answer]] = {
    "/chat/completions": ChatAnswer,
    "/completions": ChatAnswer,
    "/responses": ResponsesAnswer,
}
_INSTRUMENTED = "_gateway_instrumented"


def instrument_openai() -> None:
    """Show and keep each call of a model by the ``openai`` package in a handler as a step of type ``llm``.

    It covers chat completions, completions and responses: ``create``, ``parse`` and ``stream``, sync and async, of
    clients made before and after. The step is named after the model; ``step.generation`` has the messages,
    settings, tools, answer, tokens and times. Outside of a handler calls are as before. Calling it again changes
    nothing.
    """
    import openai

    for client, wrap in ((openai.OpenAI, _sync), (openai.AsyncOpenAI, _async)):
        if not hasattr(client.request, _INSTRUMENTED):
            wrapped = wrap(client.request)
            setattr(wrapped, _INSTRUMENTED, True)
            setattr(client, "request", wrapped)  # noqa: B010 (a class of others, typed)


def _begin(client: object, options: Any) -> ModelCall | None:
    url = str(getattr(options, "url", ""))
    if getattr(options, "method", "").lower() != "post" or url not in _READERS:
        return None
    provider = "azure-openai" if "Azure" in type(client).__name__ else "openai"
    return ModelCall.begin(provider, getattr(options, "json_data", None), _READERS[url]())


def _sync(request: Any) -> Any:
    @functools.wraps(request)
    def in_step(self: Any, cast_to: Any, options: Any, **more: Any) -> Any:
        call = _begin(self, options)
        if call is None:
            return request(self, cast_to, options, **more)
        try:
            result = request(self, cast_to, options, **more)
        except BaseException as error:
            call.failed(error)
            raise
        return _watched(call, result)

    return in_step


def _async(request: Any) -> Any:
    @functools.wraps(request)
    async def in_step(self: Any, cast_to: Any, options: Any, **more: Any) -> Any:
        call = _begin(self, options)
        if call is None:
            return await request(self, cast_to, options, **more)
        try:
            result = await request(self, cast_to, options, **more)
        except BaseException as error:
            call.failed(error)
            raise
        return _watched(call, result)

    return in_step


def _watched(call: ModelCall, result: Any) -> Any:
    """Return what the client returned; the step ends with it, or with the stream that it is."""
    try:
        # A raw response keeps what it was parsed to, so the bot gets the same object.
        answer = result.parse() if type(result).__name__ == "LegacyAPIResponse" else result
        iterator = getattr(answer, "_iterator", None)
        if iterator is None:
            call.answered(answer)
        elif hasattr(answer, "__anext__"):
            answer._iterator = call.watch_async(iterator)
        else:
            answer._iterator = call.watch(iterator)
    except Exception:
        log.exception("model.call_not_recorded", provider="openai")
        call.answered(None)
    return result
