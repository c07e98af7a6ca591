"""Fills the parameters of a tool, or any JSON schema, with what a question says."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.emulators.models.values import JSON

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?")
_QUOTED = re.compile(r"[\"“'`]([^\"”'`]+)[\"”'`]")
_OBJECT = re.compile(r"\b(?:in|of|for|about|at|from|on)\s+(?:the\s+)?([^?!.,;\n]+)", re.IGNORECASE)
_DEPTH = 6


class _Words:
    """What a question offers, each used once: numbers and quoted strings in order."""

    def __init__(self, question: str) -> None:
        self.question = question
        self.numbers: Iterator[str] = iter(_NUMBER.findall(question))
        self.quoted: Iterator[str] = iter(_QUOTED.findall(question))


def fill(schema: Mapping[str, Any], question: str) -> JSON:
    """Return an object that fits a JSON schema.

    Numbers take the question's numbers in order; strings what is quoted, then what follows ``in``, ``of``, ``for`` and
    the like, then the whole question; an enum the value that the question names, else its first.

    Args:
        schema: The schema of an object; only its required properties are filled, all of them where none is required.
        question: What the user asked.
    """
    value = _object(schema, _Words(question), schema, _DEPTH)
    return value


def _object(schema: Mapping[str, Any], words: _Words, root: Mapping[str, Any], depth: int) -> JSON:
    properties: Mapping[str, Any] = schema.get("properties") or {}
    wanted = schema.get("required") or list(properties)
    return {name: _value(name, properties.get(name) or {}, words, root, depth) for name in wanted}


def _value(name: str, schema: Mapping[str, Any], words: _Words, root: Mapping[str, Any], depth: int) -> Any:
    schema = _resolved(schema, root)
    if "const" in schema:
        return schema["const"]
    if choices := schema.get("enum"):
        lower = words.question.lower()
        return next((each for each in choices if str(each).lower() in lower), choices[0])
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "null")
    match kind:
        case "integer":
            return int(float(next(words.numbers, "1")))
        case "number":
            number = float(next(words.numbers, "1"))
            return int(number) if number.is_integer() else number
        case "boolean":
            return not re.search(r"\b(no|not|don't|false)\b", words.question, re.IGNORECASE)
        case "null":
            return None
        case "array":
            return [_value(name, schema.get("items") or {}, words, root, depth - 1)] if depth else []
        case "object":
            return _object(schema, words, root, depth - 1) if depth else {}
        case _:
            return _text(name, words)


def _text(name: str, words: _Words) -> str:
    if (quoted := next(words.quoted, None)) is not None:
        return quoted
    if name in ("query", "question", "input", "prompt", "text", "message", "content", "answer", "response"):
        return words.question
    found = _OBJECT.findall(words.question)
    return found[-1].strip() if found else words.question


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema that a ``$ref`` names, or the first of several that is not null."""
    for _ in range(_DEPTH):
        if isinstance(path := schema.get("$ref"), str) and path.startswith("#/"):
            found: Any = root
            for part in path[2:].split("/"):
                found = found.get(part, {})
            schema = found
        elif several := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
            schema = next((each for each in several if each.get("type") != "null"), {})
        else:
            break
    return schema
