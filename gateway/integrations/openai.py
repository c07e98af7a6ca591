"""Calls of models by the ``openai`` client as steps: every way to call goes through the client's ``request``."""

from typing import Any

from gateway.integrations.answers import Answer, ChatAnswer, ResponsesAnswer
from gateway.integrations.instrumenting import instrument
from gateway.integrations.model_call import ModelCall

_READERS: dict[str, type[Answer]] = {
    "/chat/completions": ChatAnswer,
    "/completions": ChatAnswer,
    "/responses": ResponsesAnswer,
}


def instrument_openai() -> None:
    """Show and keep each call of a model by the ``openai`` package in a handler as a step of type ``llm``.

    It covers chat completions, completions and responses: ``create``, ``parse`` and ``stream``, sync and async, of
    clients made before and after. The step is named after the model; ``step.generation`` has the messages,
    settings, tools, answer, tokens and times. Outside of a handler calls are as before. Calling it again changes
    nothing.
    """
    import openai

    for client in (openai.OpenAI, openai.AsyncOpenAI):
        instrument(client, "request", begin=_begin, iterator="_iterator", opened=_opened)


def _begin(client: object, cast_to: Any, options: Any, **_: Any) -> ModelCall | None:
    url = str(getattr(options, "url", ""))
    if getattr(options, "method", "").lower() != "post" or url not in _READERS:
        return None
    provider = "azure-openai" if "Azure" in type(client).__name__ else "openai"
    return ModelCall.begin(provider, getattr(options, "json_data", None), _READERS[url]())


def _opened(result: Any) -> Any:
    """Return the answer in a result; a raw response keeps what it was parsed to, so the bot gets the same object."""
    return result.parse() if type(result).__name__ == "LegacyAPIResponse" else result
