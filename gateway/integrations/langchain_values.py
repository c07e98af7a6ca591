"""Turns LangChain's messages, documents and results into what steps keep: plain dicts, lists and texts."""

from collections.abc import Mapping
from typing import Any

from langchain_core.documents import Document
from langchain_core.messages import BaseMessage, convert_to_openai_messages
from langchain_core.outputs import ChatGeneration, LLMResult
from langchain_core.prompt_values import PromptValue

from gateway.integrations.shapes import is_dict, is_sequence

_DEPTH = 6
"""Levels of dicts and lists that are looked into."""


def plain(value: Any, depth: int = _DEPTH) -> Any:
    """Return a value with the messages and documents in it as dicts; what else it holds stays as it is."""
    if isinstance(value, BaseMessage):
        return convert_to_openai_messages(value)
    if isinstance(value, Document):
        return {"content": value.page_content, "metadata": value.metadata}
    if isinstance(value, PromptValue):
        return [plain(message) for message in value.to_messages()]
    if depth and is_dict(value):
        return {str(key): plain(each, depth - 1) for key, each in value.items()}
    if depth and is_sequence(value):
        return [plain(each, depth - 1) for each in value]
    return value


def text_of(content: Any) -> str:
    """Return the text of what a model says: a text, or a list of blocks, some of which may be text."""
    if isinstance(content, str):
        return content
    texts: list[str] = []
    for block in content if is_sequence(content) else ():
        if isinstance(block, str):
            texts.append(block)
        elif is_dict(block) and isinstance(text := block.get("text"), str):
            texts.append(text)
    return "".join(texts)


def said_by(response: LLMResult) -> BaseMessage | None:
    """Return the message a model answered with; None for a model that answers with a text."""
    first = next((each for choices in response.generations for each in choices), None)
    return first.message if isinstance(first, ChatGeneration) else None


def generation_of(
    about: Mapping[str, Any], response: LLMResult, output: Any, seconds: float, first: float | None
) -> dict[str, Any]:
    """Return what a step keeps of a call of a model.

    Args:
        about: What was known when it began.
        response: What came of it.
        output: The text it said, or the calls of tools it wants.
        seconds: How long it took.
        first: Seconds until its first token; None if it did not stream.
    """
    message = said_by(response)
    used: Mapping[str, Any] = getattr(message, "usage_metadata", None) or {}
    counted: Mapping[str, Any] = (response.llm_output or {}).get("token_usage") or {}
    facts: Mapping[str, Any] = getattr(message, "response_metadata", None) or {}
    told = used.get("input_tokens", counted.get("prompt_tokens"))
    said = used.get("output_tokens", counted.get("completion_tokens"))
    completion = {"messageCompletion": plain(message)} if "messages" in about else {"completion": output}
    return {
        **about,
        **completion,
        "model": facts.get("model_name") or about.get("model") or "",
        "inputTokenCount": told,
        "outputTokenCount": said,
        "tokenCount": used.get("total_tokens", counted.get("total_tokens")),
        "duration": seconds,
        "ttFirstToken": None if first is None else first * 1000,
        "tokenThroughputInSeconds": said / seconds if said and seconds > 0 else None,
    }
