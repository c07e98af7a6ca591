"""Calls of models by the ``mistralai`` client as steps."""

from typing import Any

from gateway.integrations.answers import ChatAnswer
from gateway.integrations.instrumenting import instrument
from gateway.integrations.model_call import ModelCall


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
            instrument(api, name, begin=_begin, iterator="generator")


def _begin(*_: object, **arguments: Any) -> ModelCall | None:
    hidden = ("retries", "server_url", "timeout_ms", "http_headers")
    given = {name: value for name, value in arguments.items() if name not in hidden}
    return ModelCall.begin("mistralai", given, ChatAnswer())
