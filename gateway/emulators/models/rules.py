"""The rules by which the model answers. The same request always has the same answer."""

import json
import re
from collections.abc import Sequence
from hashlib import blake2b

from gateway.emulators.models import arithmetic, documents, tokens
from gateway.emulators.models.arguments import fill
from gateway.emulators.models.values import JSON, Answer, Asked, Call, Said, Tool

_SAY = re.compile(
    r"(?:^|\n)\s*(?:please\s+)?(?:say|repeat|reply with)\s*(?:after me|exactly)?\s*:\s*(?P<text>.+)", re.I | re.S
)
_COUNT = re.compile(r"\bcount to (?P<to>\d{1,4})\b", re.I)


def answer(asked: Asked) -> Answer:
    """Return what the model says to a request."""
    if calls := _calls(asked):
        return Answer(calls=calls)
    text = _text(asked)
    for mark in asked.stop:
        text = text.split(mark)[0] if mark else text
    if asked.limit is not None and tokens.count(text) > asked.limit:
        return Answer(tokens.first(text, asked.limit), cut=True)
    return Answer(text)


def _text(asked: Asked) -> str:
    if asked.schema is not None:
        return json.dumps(fill(asked.schema, asked.question) or {"answer": asked.question})
    if results := [each.text for each in asked.since if each.role == "tool"]:
        return f"The result is {', '.join(results)}."
    question = asked.question
    if said := _SAY.search(question):
        return said["text"].strip()
    if counted := _COUNT.search(question):
        return " ".join(str(number) for number in range(1, int(counted["to"]) + 1))
    prompt = f"{asked.instructions}\n{question}"
    if (query := documents.sql(prompt, question)) is not None:
        return query
    if (found := documents.from_context(prompt, question)) is not None:
        return found
    if (sum := arithmetic.find(question)) is not None:
        return f"{sum.expression} = {sum.result}"
    return f"The model read {len(asked.messages)} messages, the last one: {question}"


def _calls(asked: Asked) -> list[Call]:
    """Return the calls of tools that the question asks for and that were not made yet."""
    called = {call.name for each in asked.since for call in each.calls}
    chosen = [tool for tool in asked.tools if tool.name not in called and _wants(tool, asked.question)]
    if asked.must_call:
        named = [tool for tool in asked.tools if asked.must_call in ("*", tool.name)]
        fresh = [tool for tool in named if tool.name not in called]
        chosen = [tool for tool in chosen if tool in named] or fresh[:1] or named[:1]
    if not asked.parallel:
        chosen = chosen[:1]
    return [_call(tool, asked) for tool in chosen]


def _wants(tool: Tool, question: str) -> bool:
    """Return whether a question asks for a tool: for its operation, or by a word of its name."""
    if (sum := arithmetic.find(question)) is not None:
        return arithmetic.does(tool.name, sum)
    name = documents.words(re.sub(r"([a-z])([A-Z])", r"\1 \2", tool.name).replace("_", " ").replace("-", " "))
    return bool((name - _VERBS or name) & documents.words(question))


_VERBS = frozenset(("get", "fetch", "run", "call", "tool", "make", "find", "set", "current"))
"""Words of a tool's name that do not say what it is for."""


def _call(tool: Tool, asked: Asked) -> Call:
    arguments: JSON = fill(tool.parameters, asked.question)
    sum = arithmetic.find(asked.question)
    if sum is not None and arithmetic.does(tool.name, sum):
        properties: JSON = tool.parameters.get("properties") or {}
        text = [name for name, schema in properties.items() if schema.get("type") == "string"]
        if len(text) == 1:
            arguments[text[0]] = sum.expression
    return Call(_id(asked.messages, tool.name), tool.name, arguments)


def _id(messages: Sequence[Said], name: str) -> str:
    """Return the id of a call, nine letters and digits, as Mistral wants them."""
    return blake2b(f"{len(messages)} {messages[-1].text} {name}".encode(), digest_size=8).hexdigest()[:9]
