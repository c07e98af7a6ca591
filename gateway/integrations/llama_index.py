"""Shows what a LlamaIndex query engine or agent does: its events are steps."""

import time
from collections.abc import Sequence
from typing import Any

from llama_index.core.callbacks import CBEventType, EventPayload
from llama_index.core.callbacks.base_handler import BaseCallbackHandler
from llama_index.core.schema import NodeWithScore

from gateway.chat.elements.files import Text
from gateway.chat.steps import StepType
from gateway.integrations.runs import Runs, harmless
from gateway.integrations.shapes import is_dict

_TYPES: dict[CBEventType, StepType] = {
    CBEventType.QUERY: "run",
    CBEventType.SUB_QUESTION: "run",
    CBEventType.AGENT_STEP: "run",
    CBEventType.RETRIEVE: "retrieval",
    CBEventType.RERANKING: "rerank",
    CBEventType.EMBEDDING: "embedding",
    CBEventType.LLM: "llm",
    CBEventType.FUNCTION_CALL: "tool",
}
"""The events that are steps, and of what type. What happens inside of the others is nested one level higher."""


class LlamaIndexCallbackHandler(BaseCallbackHandler):
    """Shows the events of LlamaIndex as steps: ``CallbackManager([cl.LlamaIndexCallbackHandler()])``.

    Queries, retrievals, calls of models, embeddings, steps of agents and calls of tools are steps, nested as they call
    one another. What was retrieved is listed in the step and comes with it as texts, ``Source 0`` and so on. Calls of
    models keep model, tokens and duration in ``step.generation``. Outside of a handler nothing is shown. What fails in
    showing an event is logged; the query goes on.

    Args:
        event_starts_to_ignore: Kinds of events that are no steps.
        event_ends_to_ignore: The same: an event that is not ended is not begun.
    """

    def __init__(
        self,
        event_starts_to_ignore: Sequence[CBEventType] | None = None,
        event_ends_to_ignore: Sequence[CBEventType] | None = None,
    ) -> None:
        # An event that LlamaIndex did not tell of would be missing between those above and those below it.
        super().__init__(event_starts_to_ignore=[], event_ends_to_ignore=[])
        self._ignored = {*(event_starts_to_ignore or ()), *(event_ends_to_ignore or ())}
        self._runs: Runs[str] = Runs()

    def on_event_start(
        self,
        event_type: CBEventType,
        payload: dict[str, Any] | None = None,
        event_id: str = "",
        parent_id: str = "",
        **kwargs: Any,
    ) -> str:
        """Begin the step of an event."""
        self._begin(event_type, payload or {}, event_id, parent_id)
        return event_id

    @harmless
    def on_event_end(
        self, event_type: CBEventType, payload: dict[str, Any] | None = None, event_id: str = "", **kwargs: Any
    ) -> None:
        """End the step of an event, with what came of it."""
        run, known = self._runs[event_id], payload or {}
        error = known.get(EventPayload.EXCEPTION)
        if run is None or run.step is None:
            self._runs.end(event_id)
        elif error is not None:
            self._runs.end(event_id, error=error if isinstance(error, BaseException) else RuntimeError(str(error)))
        else:
            if event_type == CBEventType.LLM:
                run.step.generation = _generation(run.state, known)
            nodes: list[NodeWithScore] = known.get(EventPayload.NODES) or []
            if nodes:
                run.step.elements.extend(_source(number, node) for number, node in enumerate(nodes))
            self._runs.end(event_id, _output(event_type, known, nodes))

    def start_trace(self, trace_id: str | None = None) -> None:
        """Do nothing: the first event of a trace begins its step."""

    def end_trace(self, trace_id: str | None = None, trace_map: dict[str, list[str]] | None = None) -> None:
        """Do nothing: each event ends its own step."""

    @harmless
    def _begin(self, event_type: CBEventType, payload: dict[str, Any], event_id: str, parent_id: str) -> None:
        kind = _TYPES.get(event_type)
        shown = kind is not None and event_type not in self._ignored
        told = _input(payload) if shown else None
        run = self._runs.begin(
            event_id,
            parent_id,
            _name(event_type, payload),
            kind or "undefined",
            input=told,
            shown=shown,
            show_input=event_type in (CBEventType.QUERY, CBEventType.RETRIEVE, CBEventType.FUNCTION_CALL),
        )
        if run is not None and event_type == CBEventType.LLM:
            run.state = (time.monotonic(), told, payload.get(EventPayload.SERIALIZED) or {})


def _name(event_type: CBEventType, payload: dict[str, Any]) -> str:
    tool = payload.get(EventPayload.TOOL)
    return str(tool.name or event_type.value) if tool is not None else event_type.value


def _input(payload: dict[str, Any]) -> Any:
    """Return what goes into an event."""
    if messages := payload.get(EventPayload.MESSAGES):
        return [_message(message) for message in messages]
    for key in (EventPayload.QUERY_STR, EventPayload.PROMPT, EventPayload.FUNCTION_CALL):
        if (value := payload.get(key)) is not None:
            return value
    return None


def _message(message: Any) -> dict[str, Any]:
    if hasattr(message, "role"):
        return {"role": getattr(message.role, "value", message.role), "content": message.content}
    return {"role": "user", "content": str(message)}


def _output(event_type: CBEventType, payload: dict[str, Any], nodes: Sequence[NodeWithScore]) -> Any:
    """Return what came out of an event."""
    if nodes:
        return f"Retrieved the following sources: {', '.join(_source_name(number) for number in range(len(nodes)))}"
    if event_type == CBEventType.EMBEDDING:
        count = len(payload.get(EventPayload.CHUNKS) or ())
        return f"{count} text{'' if count == 1 else 's'}"
    response = payload.get(EventPayload.RESPONSE) or payload.get(EventPayload.COMPLETION)
    if response is None:
        response = payload.get(EventPayload.FUNCTION_OUTPUT)
    if event_type == CBEventType.QUERY and hasattr(response, "response_gen"):
        return None  # its text is still being written; to read it here would take it from the bot
    message = getattr(response, "message", None)
    return message.content if message is not None else None if response is None else str(response)


def _source_name(number: int) -> str:
    return f"Source {number}"


def _source(number: int, node: NodeWithScore) -> Text:
    return Text(name=_source_name(number), content=node.node.get_content() or "Empty node", display="side")


def _generation(state: Any, payload: dict[str, Any]) -> dict[str, Any]:
    """Return what a step keeps of a call of a model; LlamaIndex tells no more than the model's own answer does."""
    began, told, about = state
    response = payload.get(EventPayload.RESPONSE) or payload.get(EventPayload.COMPLETION)
    raw: Any = getattr(response, "raw", None)
    raw = raw.model_dump() if hasattr(raw, "model_dump") else raw
    facts = raw if is_dict(raw) else {}
    used: dict[str, Any] = facts.get("usage") or getattr(response, "additional_kwargs", None) or {}
    said, seconds = used.get("completion_tokens"), time.monotonic() - began
    message = getattr(response, "message", None)
    return {
        "provider": about.get("class_name") or "",
        "model": facts.get("model") or about.get("model") or about.get("model_name") or "",
        **({"messages": told} if isinstance(told, list) else {"prompt": told}),
        **({"messageCompletion": _message(message)} if message is not None else {"completion": str(response or "")}),
        "inputTokenCount": used.get("prompt_tokens"),
        "outputTokenCount": said,
        "tokenCount": used.get("total_tokens"),
        "duration": seconds,
        "tokenThroughputInSeconds": said / seconds if said and seconds > 0 else None,
    }
