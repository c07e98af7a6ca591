"""Reads what all APIs share in a request: fields, texts in parts, calls of tools. What is wrong is an ``ApiError``."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.emulators.models.values import JSON, ApiError, Call, Role, Said, Tool

_ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
}


def model(body: JSON) -> str:
    """Return the model a request names."""
    name = body.get("model")
    if not isinstance(name, str) or not name:
        raise ApiError(400, "you must provide a model parameter")
    return name


def text(content: Any) -> str:
    """Return the text of a content, which is a string or a list of parts; None is empty."""
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, Sequence):
        raise ApiError(400, "Invalid type for 'content': expected a string or an array of parts.", param="content")
    return "".join(part if isinstance(part, str) else str(part.get("text") or "") for part in content)


def role(value: Any, param: str) -> Role:
    """Return the role of a message."""
    if value not in _ROLES:
        known = ", ".join(f"'{each}'" for each in _ROLES)
        said = f"Invalid value: '{value}'. Supported values are: {known}."
        raise ApiError(400, said, param=param, code="invalid_value")
    return _ROLES[value]


def arguments(given: Any) -> JSON:
    """Return the arguments of a call, which are JSON or an object already."""
    if isinstance(given, dict):
        return given
    try:
        found = json.loads(given or "{}")
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"input": given}


def messages(body: JSON) -> list[Said]:
    """Return the messages of a chat completion."""
    given = body.get("messages")
    if not isinstance(given, list):
        raise ApiError(
            400, "Missing required parameter: 'messages'.", param="messages", code="missing_required_parameter"
        )
    if not given:
        said = (
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead."
        )
        raise ApiError(400, said, param="messages", code="empty_array")
    found: list[Said] = []
    waiting: set[str] = set()
    for place, each in enumerate(given):
        if not isinstance(each, dict):
            raise ApiError(
                400, f"Invalid type for 'messages[{place}]': expected an object.", param=f"messages[{place}]"
            )
        who = role(each.get("role"), f"messages[{place}].role")
        if who == "tool":
            if each.get("tool_call_id") not in waiting:
                said = "messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
                raise ApiError(400, f"Invalid parameter: {said}", param=f"messages[{place}].role")
            waiting.discard(each["tool_call_id"])
        elif waiting:
            break
        calls = [
            Call(call["id"], call["function"]["name"], arguments(call["function"].get("arguments")))
            for call in each.get("tool_calls") or ()
        ]
        waiting |= {call.id for call in calls}
        found.append(Said(who, text(each.get("content")), calls, str(each.get("tool_call_id") or "")))
    if waiting:
        said = (
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(sorted(waiting))}"
        )
        raise ApiError(400, said, param="messages")
    return found


def tools(body: JSON) -> list[Tool]:
    """Return the functions a request offers; other kinds of tools are left out."""
    found = [each.get("function") or each for each in body.get("tools") or () if each.get("type") == "function"]
    return [Tool(str(each.get("name")), each.get("parameters") or {}) for each in found]


def must_call(body: JSON) -> str:
    """Return the tool that has to be called, ``*`` for any of them, empty where the model decides."""
    choice = body.get("tool_choice")
    if isinstance(choice, dict):
        return str((choice.get("function") or choice).get("name") or "*")
    return "*" if choice in ("required", "any") else ""


def check_numbers(body: JSON) -> None:
    """Refuse a temperature and a limit of tokens outside of their range."""
    temperature = body.get("temperature")
    if temperature is not None and not (isinstance(temperature, int | float) and 0 <= temperature <= 2):
        said = f"Invalid 'temperature': {temperature!r} is not a number from 0 to 2."
        raise ApiError(400, said, param="temperature", code="decimal_above_max_value")
    for name in ("max_tokens", "max_completion_tokens", "max_output_tokens"):
        limit = body.get(name)
        if limit is not None and not (isinstance(limit, int) and limit >= 1):
            said = f"Invalid '{name}': integer below minimum value. Expected a value >= 1, but got {limit!r} instead."
            raise ApiError(400, said, param=name, code="integer_below_min_value")
