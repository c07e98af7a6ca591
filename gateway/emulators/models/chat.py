"""Chat completions and the older completions: OpenAI's, and Mistral's where they differ."""

import json
import time
from collections.abc import Iterator
from typing import Any

from gateway.emulators.models import reading, rules, tokens
from gateway.emulators.models.values import JSON, Answer, ApiError, Asked, Said

_MISTRAL = ("mistral", "ministral", "codestral", "magistral", "open-mi", "devstral", "pixtral")
"""How the names of Mistral's models begin."""


def asked(body: JSON) -> Asked:
    """Return what a chat completion asks."""
    model = reading.model(body)
    reading.check_numbers(body)
    messages = reading.messages(body)
    stop = body.get("stop") or ()
    choice = body.get("tool_choice")
    wanted = body.get("response_format") or {}
    schema: JSON | None = None
    if wanted.get("type") == "json_schema":
        given = wanted["json_schema"]
        schema = given.get("schema") or given.get("schema_definition") or {}
    elif wanted.get("type") == "json_object":
        schema = {}
    return Asked(
        model=model,
        messages=messages,
        tools=() if choice == "none" else reading.tools(body),
        must_call=reading.must_call(body),
        parallel=body.get("parallel_tool_calls") is not False,
        schema=schema,
        stop=(stop,) if isinstance(stop, str) else stop,
        limit=body.get("max_completion_tokens") or body.get("max_tokens"),
    )


def asked_to_complete(body: JSON) -> Asked:
    """Return what a completion of the older API asks: to go on after a prompt."""
    model = reading.model(body)
    reading.check_numbers(body)
    prompt = body.get("prompt")
    if isinstance(prompt, list):
        prompt = "\n".join(each for each in prompt if isinstance(each, str))
    if not isinstance(prompt, str):
        raise ApiError(400, "you must provide a prompt parameter", param="prompt")
    stop = body.get("stop") or ()
    return Asked(
        model=model,
        messages=[Said("user", prompt)],
        stop=(stop,) if isinstance(stop, str) else stop,
        limit=body.get("max_tokens"),
    )


def is_mistral(model: str) -> bool:
    """Return whether a model speaks Mistral's dialect."""
    return model.startswith(_MISTRAL)


def usage(asked: Asked, answer: Answer) -> JSON:
    """Return the tokens of a request and its answer."""
    read, wrote = tokens.asked_tokens(asked), tokens.answered_tokens(answer)
    return {"prompt_tokens": read, "completion_tokens": wrote, "total_tokens": read + wrote}


def completion(asked: Asked, id: str) -> JSON:
    """Return a whole chat completion."""
    answer = rules.answer(asked)
    message: JSON = {"role": "assistant", "content": answer.text or None}
    if not is_mistral(asked.model):
        message |= {"refusal": None, "annotations": []}
    if answer.calls:
        message["tool_calls"] = _calls(answer)
    choice: JSON = {"index": 0, "message": message, "finish_reason": _reason(answer)}
    if not is_mistral(asked.model):
        choice["logprobs"] = None
    return {**_head(asked, id, "chat.completion"), "choices": [choice], "usage": usage(asked, answer)}


def chunks(asked: Asked, id: str, *, include_usage: bool) -> Iterator[JSON]:
    """Yield a chat completion in chunks, word by word; Mistral's models say the usage in the last one."""
    answer = rules.answer(asked)
    head = _head(asked, id, "chat.completion.chunk")

    def chunk(delta: JSON, reason: str | None = None) -> JSON:
        return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}

    yield chunk({"role": "assistant", "content": None if answer.calls else ""})
    for place, call in enumerate(_calls(answer)):
        if is_mistral(asked.model):
            yield chunk({"content": "", "tool_calls": [{"index": place, **call}]})
            continue
        whole = call["function"]["arguments"]
        begun = {**call, "function": {"name": call["function"]["name"], "arguments": ""}}
        yield chunk({"tool_calls": [{"index": place, **begun}]})
        for piece in tokens.pieces(whole):
            yield chunk({"tool_calls": [{"index": place, "function": {"arguments": piece}}]})
    for piece in tokens.pieces(answer.text):
        yield chunk({"content": piece})
    last = chunk({"content": ""} if is_mistral(asked.model) else {}, _reason(answer))
    if is_mistral(asked.model):
        last["usage"] = usage(asked, answer)
    yield last
    if include_usage and not is_mistral(asked.model):
        yield {**head, "choices": [], "usage": usage(asked, answer)}


def text_completion(asked: Asked, id: str) -> JSON:
    """Return a whole completion of the older API."""
    answer = rules.answer(asked)
    choice: JSON = {"index": 0, "text": answer.text, "logprobs": None, "finish_reason": _reason(answer)}
    return {**_head(asked, id, "text_completion"), "choices": [choice], "usage": usage(asked, answer)}


def text_chunks(asked: Asked, id: str, *, include_usage: bool) -> Iterator[JSON]:
    """Yield a completion of the older API word by word."""
    answer = rules.answer(asked)
    head = _head(asked, id, "text_completion")
    for piece in tokens.pieces(answer.text):
        yield {**head, "choices": [{"index": 0, "text": piece, "logprobs": None, "finish_reason": None}]}
    yield {**head, "choices": [{"index": 0, "text": "", "logprobs": None, "finish_reason": _reason(answer)}]}
    if include_usage:
        yield {**head, "choices": [], "usage": usage(asked, answer)}


def _head(asked: Asked, id: str, kind: str) -> dict[str, Any]:
    return {"id": id, "object": kind, "created": int(time.time()), "model": asked.model}


def _reason(answer: Answer) -> str:
    return "tool_calls" if answer.calls else "length" if answer.cut else "stop"


def _calls(answer: Answer) -> list[JSON]:
    return [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": json.dumps(call.arguments)}}
        for call in answer.calls
    ]
