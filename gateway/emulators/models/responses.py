"""OpenAI's Responses: items in, items out, whole or as events."""

import json
import time
from collections.abc import Iterator, Sequence

from gateway.emulators.models import reading, rules, tokens
from gateway.emulators.models.values import JSON, Answer, ApiError, Asked, Call, Said


def asked(body: JSON, before: Sequence[Said] = ()) -> Asked:
    """Return what a request for a response asks; ``before`` is the conversation that it goes on with."""
    model = reading.model(body)
    reading.check_numbers(body)
    instructions = body.get("instructions")
    messages = [Said("system", instructions)] if instructions else []
    wanted = (body.get("text") or {}).get("format") or {}
    schema: JSON | None = None
    if wanted.get("type") == "json_schema":
        schema = wanted.get("schema") or {}
    elif wanted.get("type") == "json_object":
        schema = {}
    return Asked(
        model=model,
        messages=[*messages, *before, *_items(body.get("input"))],
        tools=() if body.get("tool_choice") == "none" else reading.tools(body),
        must_call=reading.must_call(body),
        parallel=body.get("parallel_tool_calls") is not False,
        schema=schema,
        limit=body.get("max_output_tokens"),
    )


def said(asked: Asked, answer: Answer) -> list[Said]:
    """Return the conversation after an answer, without the instructions, for the request that goes on with it."""
    return [*(each for each in asked.messages if each.role != "system"), Said("assistant", answer.text, answer.calls)]


def response(body: JSON, asked: Asked, id: str) -> JSON:
    """Return a whole response."""
    answer = rules.answer(asked)
    return _response(body, asked, id, output=_output(answer, id), answer=answer)


def events(body: JSON, asked: Asked, id: str) -> Iterator[JSON]:
    """Yield a response as events, the text word by word."""
    number = iter(range(1_000_000))

    def event(kind: str, **fields: object) -> JSON:
        return {"type": kind, "sequence_number": next(number), **fields}

    answer = rules.answer(asked)
    output = _output(answer, id)
    begun = _response(body, asked, id, output=[], answer=None)
    yield event("response.created", response=begun)
    yield event("response.in_progress", response=begun)
    for place, item in enumerate(output):
        where = {"item_id": item["id"], "output_index": place}
        if item["type"] == "function_call":
            empty = {**item, "arguments": "", "status": "in_progress"}
            yield event("response.output_item.added", output_index=place, item=empty)
            for piece in tokens.pieces(item["arguments"]):
                yield event("response.function_call_arguments.delta", **where, delta=piece)
            done = {"arguments": item["arguments"], "name": item["name"]}
            yield event("response.function_call_arguments.done", **where, **done)
        else:
            where["content_index"] = 0
            part = {"type": "output_text", "text": "", "annotations": []}
            empty = {**item, "content": [], "status": "in_progress"}
            yield event("response.output_item.added", output_index=place, item=empty)
            yield event("response.content_part.added", **where, part=part)
            for piece in tokens.pieces(answer.text):
                yield event("response.output_text.delta", **where, delta=piece, logprobs=[])
            yield event("response.output_text.done", **where, text=answer.text, logprobs=[])
            yield event("response.content_part.done", **where, part={**part, "text": answer.text})
        yield event("response.output_item.done", output_index=place, item=item)
    whole = _response(body, asked, id, output=output, answer=answer)
    yield event("response.incomplete" if answer.cut else "response.completed", response=whole)


def _items(given: object) -> list[Said]:
    if isinstance(given, str):
        return [Said("user", given)]
    if not isinstance(given, list) or not given:
        raise ApiError(400, "Missing required parameter: 'input'.", param="input", code="missing_required_parameter")
    found: list[Said] = []
    for place, item in enumerate(given):
        match item.get("type", "message"):
            case "message":
                who = reading.role(item.get("role"), f"input[{place}].role")
                found.append(Said(who, reading.text(item.get("content"))))
            case "function_call":
                call = Call(item["call_id"], item["name"], reading.arguments(item.get("arguments")))
                if found and found[-1].role == "assistant" and found[-1].calls:
                    found[-1] = Said("assistant", found[-1].text, [*found[-1].calls, call])
                else:
                    found.append(Said("assistant", "", [call]))
            case "function_call_output":
                if not any(call.id == item.get("call_id") for each in found for call in each.calls):
                    problem = f"No tool call found for function call output with call_id {item.get('call_id')}."
                    raise ApiError(400, problem, param="input")
                found.append(Said("tool", reading.text(item.get("output")), call_id=item["call_id"]))
            case _:
                continue  # reasoning and the like say nothing that the rules read
    return found


def _output(answer: Answer, id: str) -> list[JSON]:
    short = id.removeprefix("resp_")
    if answer.calls:
        return [
            {
                "type": "function_call",
                "id": f"fc_{call.id}",
                "call_id": call.id,
                "name": call.name,
                "arguments": json.dumps(call.arguments),
                "status": "completed",
            }
            for call in answer.calls
        ]
    content = {"type": "output_text", "text": answer.text, "annotations": [], "logprobs": []}
    status = "incomplete" if answer.cut else "completed"
    return [{"type": "message", "id": f"msg_{short}", "role": "assistant", "status": status, "content": [content]}]


def _response(body: JSON, asked: Asked, id: str, *, output: list[JSON], answer: Answer | None) -> JSON:
    usage: JSON | None = None
    if answer is not None:
        read, wrote = tokens.asked_tokens(asked), tokens.answered_tokens(answer)
        usage = {
            "input_tokens": read,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": wrote,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": read + wrote,
        }
    cut = answer is not None and answer.cut
    return {
        "id": id,
        "object": "response",
        "created_at": int(time.time()),
        "status": "in_progress" if answer is None else "incomplete" if cut else "completed",
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "metadata": body.get("metadata") or {},
        "model": asked.model,
        "output": output,
        "parallel_tool_calls": asked.parallel,
        "previous_response_id": body.get("previous_response_id"),
        "temperature": body.get("temperature", 1.0),
        "text": body.get("text") or {"format": {"type": "text"}},
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools") or [],
        "top_p": body.get("top_p", 1.0),
        "truncation": "disabled",
        "usage": usage,
    }
