"""Shows what a LangChain chain or a LangGraph graph does: its runs are steps, its final answer is streamed."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.messages import BaseMessage
from langchain_core.outputs import LLMResult

from gateway.chat.message import Message
from gateway.chat.steps import StepType
from gateway.integrations.final_answer import PREFIX, AnswerStart, StreamedAnswer
from gateway.integrations.langchain_values import generation_of, plain, said_by, text_of
from gateway.integrations.runs import Run, Runs, harmless

TO_IGNORE: Sequence[str] = (
    "RunnableSequence", "RunnableParallel", "RunnableAssign", "RunnablePassthrough", "RunnableLambda", "<lambda>",
    "PromptTemplate", "OutputParser", "ChannelRead", "ChannelWrite", "Branch<", "__start__", "_write",
    "tools_condition",
)  # fmt: skip
"""Names of runs that are no steps by default: what joins the parts of a chain."""
TO_KEEP: Sequence[str] = ("retriever", "llm", "agent", "chain", "tool")
"""Kinds of runs that are steps by default, also inside of one that is not."""
_HIDDEN = "langsmith:hidden"
"""The tag of LangGraph's own runs."""
_TYPES: dict[str, StepType] = {"tool": "tool", "retriever": "retrieval", "llm": "llm"}
_INTERRUPTIONS = {"GraphBubbleUp", "GraphInterrupt", "NodeInterrupt", "ParentCommand"}
"""Names of the exceptions by which LangGraph leaves a node without anything having failed."""


class _Model:
    """What is noted of a running call of a model."""

    def __init__(self, about: dict[str, Any], start: AnswerStart | None) -> None:
        self.about = about
        self.start = start
        self.began = time.monotonic()
        self.first: float | None = None
        self.text = ""
        self.answer: StreamedAnswer | None = None


class LangchainCallbackHandler(BaseCallbackHandler):
    """Shows the runs of a chain, agent or graph as steps: ``config={"callbacks": [cl.LangchainCallbackHandler()]}``.

    Chains, tools, retrievers and calls of models are steps, nested as they call one another; those of models keep
    model, tokens and duration in ``step.generation``. It works for sync and async chains, in threads, and for several
    runs at once. Outside of a handler nothing is shown. What fails in showing a run is logged; the run goes on.

    Args:
        answer_prefix_tokens: The tokens that the final answer begins behind; by default ``Final``, ``Answer``, ``:``.
        stream_final_answer: Whether the final answer of a model that streams is streamed into a message.
        force_stream_final_answer: Whether all that models say is final answer, without any prefix.
        to_ignore: Runs whose name contains one of these are no steps.
        to_keep: Kinds of runs (``llm``, ``tool``, ``retriever``, ``chain``, ``agent``, ``prompt``, ``parser``) that are
            steps although they lie inside of a run that is none.
        _schema_format: The form in which LangChain's own tracers take messages; both known ones are taken.
    """

    run_inline = True

    def __init__(
        self,
        answer_prefix_tokens: Sequence[str] | None = None,
        stream_final_answer: bool = False,
        force_stream_final_answer: bool = False,
        to_ignore: Sequence[str] | None = None,
        to_keep: Sequence[str] | None = None,
        *,
        _schema_format: Literal["original", "original+chat"] = "original+chat",
    ) -> None:
        super().__init__()
        if isinstance(answer_prefix_tokens, str):
            raise TypeError("answer_prefix_tokens is a list of tokens, not a text: ['FINAL', 'ANSWER']")
        self.answer_prefix_tokens = list(PREFIX if answer_prefix_tokens is None else answer_prefix_tokens)
        self.stream_final_answer = stream_final_answer or force_stream_final_answer
        self.force_stream_final_answer = force_stream_final_answer
        self.to_ignore = tuple(TO_IGNORE if to_ignore is None else to_ignore)
        self.to_keep = tuple(TO_KEEP if to_keep is None else to_keep)
        self.final_stream: Message | None = None
        """The message that the last final answer was streamed into; None before the first one."""
        self._reached = False
        self._runs: Runs[UUID] = Runs()

    @property
    def answer_reached(self) -> bool:
        """Whether a model has come to its final answer. Setting it is the same as ``force_stream_final_answer``."""
        return self._reached

    @answer_reached.setter
    def answer_reached(self, reached: bool) -> None:
        self._reached = self.force_stream_final_answer = reached

    @property
    def has_streamed_final_answer(self) -> bool:
        """Whether a final answer was streamed into a message."""
        return self.final_stream is not None

    # -- models

    @harmless
    def on_llm_start(
        self,
        serialized: dict[str, Any],
        prompts: list[str],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Begin the step of a call of a model that takes a text."""
        prompt = "\n\n".join(prompts)
        self._begin_model(serialized, prompt, {"prompt": prompt}, run_id, parent_run_id, tags, metadata, kwargs)

    @harmless
    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Begin the step of a call of a model that takes messages."""
        told = [plain(message) for conversation in messages for message in conversation]
        self._begin_model(serialized, told, {"messages": told}, run_id, parent_run_id, tags, metadata, kwargs)

    @harmless
    def on_llm_new_token(self, token: Any, *, run_id: UUID, parent_run_id: UUID | None = None, **kwargs: Any) -> None:
        """Take a piece of what a model says."""
        self._hear(run_id, text_of(token))

    @harmless
    def on_stream_event(self, event: Any, *, run_id: UUID, parent_run_id: UUID | None = None, **kwargs: Any) -> None:
        """Take a piece of what a model says, of the newer way of streaming."""
        if event.get("event") == "content-block-delta":
            self._hear(run_id, text_of([event.get("delta") or event.get("content_block") or ""]))

    @harmless
    def on_llm_end(
        self, response: LLMResult, *, run_id: UUID, parent_run_id: UUID | None = None, **kwargs: Any
    ) -> None:
        """End the step of a call of a model, with the model, the tokens and the duration."""
        run = self._runs[run_id]
        output = _said(response)
        if run is not None and isinstance(model := run.state, _Model):
            seconds = time.monotonic() - model.began
            first = None if model.first is None else model.first - model.began
            if run.step is not None:
                run.step.generation = generation_of(model.about, response, output, seconds, first)
            if model.answer is not None:
                model.answer.complete()
        self._runs.end(run_id, output)

    @harmless
    def on_llm_error(
        self, error: BaseException, *, run_id: UUID, parent_run_id: UUID | None = None, **kwargs: Any
    ) -> None:
        """End the step of a call of a model that failed."""
        run = self._runs[run_id]
        if run is not None and isinstance(model := run.state, _Model):
            if run.step is not None:
                run.step.generation = model.about | {"error": str(error)}
            if model.answer is not None:
                model.answer.complete()
        self._fail(run_id, error)

    # -- chains, tools, retrievers

    @harmless
    def on_chain_start(
        self,
        serialized: dict[str, Any],
        inputs: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Begin the step of a chain, of a graph or of a node of one."""
        kind = kwargs.get("run_type") or "chain"
        self._begin(serialized, kind, partial(plain, inputs), run_id, parent_run_id, tags, kwargs)

    @harmless
    def on_chain_end(self, outputs: Any, *, run_id: UUID, parent_run_id: UUID | None = None, **kwargs: Any) -> None:
        """End the step of a chain."""
        run = self._runs[run_id]
        if run is not None and run.step is not None and not run.step.input and kwargs.get("inputs"):
            run.step.input = plain(kwargs["inputs"])  # a chain that streams knows them at its end
        self._runs.end(run_id, plain(outputs) if run is not None and run.step is not None else None)

    @harmless
    def on_chain_error(
        self, error: BaseException, *, run_id: UUID, parent_run_id: UUID | None = None, **kwargs: Any
    ) -> None:
        """End the step of a chain that failed."""
        self._fail(run_id, error)

    @harmless
    def on_tool_start(
        self,
        serialized: dict[str, Any],
        input_str: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        inputs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Begin the step of a tool."""
        made = partial(plain, inputs or input_str)
        self._begin(serialized, "tool", made, run_id, parent_run_id, tags, kwargs, show_input=True)

    @harmless
    def on_tool_end(self, output: Any, *, run_id: UUID, parent_run_id: UUID | None = None, **kwargs: Any) -> None:
        """End the step of a tool."""
        run = self._runs[run_id]
        if run is not None and run.step is not None and getattr(output, "status", None) == "error":
            run.step.is_error = True
        self._runs.end(run_id, text_of(output.content) if isinstance(output, BaseMessage) else plain(output))

    @harmless
    def on_tool_error(
        self, error: BaseException, *, run_id: UUID, parent_run_id: UUID | None = None, **kwargs: Any
    ) -> None:
        """End the step of a tool that failed."""
        self._fail(run_id, error)

    @harmless
    def on_retriever_start(
        self,
        serialized: dict[str, Any],
        query: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Begin the step of a retriever."""
        self._begin(serialized, "retriever", lambda: query, run_id, parent_run_id, tags, kwargs, show_input=True)

    @harmless
    def on_retriever_end(
        self, documents: Sequence[Document], *, run_id: UUID, parent_run_id: UUID | None = None, **kwargs: Any
    ) -> None:
        """End the step of a retriever, with the documents it found."""
        self._runs.end(run_id, [plain(document) for document in documents])

    @harmless
    def on_retriever_error(
        self, error: BaseException, *, run_id: UUID, parent_run_id: UUID | None = None, **kwargs: Any
    ) -> None:
        """End the step of a retriever that failed."""
        self._fail(run_id, error)

    # -- inside

    def _begin(
        self,
        serialized: dict[str, Any] | None,
        kind: str,
        made: Callable[[], Any],
        run_id: UUID,
        parent: UUID | None,
        tags: list[str] | None,
        kwargs: dict[str, Any],
        *,
        show_input: bool = False,
    ) -> Run | None:
        name = _name(serialized, kind, kwargs)
        shown = _HIDDEN not in (tags or ()) and not any(each in name for each in self.to_ignore)
        over = self._runs[parent] if parent is not None else None
        if shown and over is not None and over.step is None and kind not in self.to_keep:
            shown = False
        return self._runs.begin(
            run_id,
            parent,
            name,
            _TYPES.get(kind, "run"),
            input=made() if shown else None,
            shown=shown,
            show_input=show_input,
        )

    def _begin_model(
        self,
        serialized: dict[str, Any] | None,
        told: Any,
        about: dict[str, Any],
        run_id: UUID,
        parent: UUID | None,
        tags: list[str] | None,
        metadata: dict[str, Any] | None,
        kwargs: dict[str, Any],
    ) -> None:
        run = self._begin(serialized, "llm", lambda: told, run_id, parent, tags, kwargs)
        if run is None:
            return
        if self.stream_final_answer and not self.force_stream_final_answer:
            start: AnswerStart | None = AnswerStart(self.answer_prefix_tokens)
        else:
            start = AnswerStart(()) if self.force_stream_final_answer else None
        settings: dict[str, Any] = dict(kwargs.get("invocation_params") or {})
        known = metadata or {}
        about = about | {
            "provider": known.get("ls_provider") or settings.get("_type") or "",
            "model": known.get("ls_model_name") or settings.get("model") or settings.get("model_name") or "",
            "tools": settings.pop("tools", None),
            "settings": {key: value for key, value in settings.items() if isinstance(value, str | int | float)},
        }
        run.state = _Model(about, start)

    def _hear(self, run_id: UUID, token: str) -> None:
        run = self._runs[run_id]
        if run is None or not isinstance(model := run.state, _Model) or not token:
            return
        model.first = model.first or time.monotonic()
        if run.step is not None and run.turn.steps.shows(run.step):
            model.text += token
            run.step.streaming = True
            run.step.output = model.text
            run.do(run.step.refresh)
        if model.start is None or not (text := model.start.feed(token)):
            return
        self._reached = True
        if model.answer is None:
            self.final_stream = model.answer = run.do(lambda: StreamedAnswer(run))
        model.answer.write(text)

    def _fail(self, run_id: UUID, error: BaseException) -> None:
        kinds = {kind.__name__ for kind in type(error).__mro__}
        if kinds & _INTERRUPTIONS or isinstance(error, GeneratorExit):
            self._runs.end(run_id, "interrupted")
        else:
            self._runs.end(run_id, error=error)


class AsyncLangchainCallbackHandler(LangchainCallbackHandler):
    """``LangchainCallbackHandler`` for async chains: the model waits until its final answer is streamed as far as it
    has come, so that what the bot says after the chain stands below it."""

    async def on_llm_new_token(
        self, token: Any, *, run_id: UUID, parent_run_id: UUID | None = None, **kwargs: Any
    ) -> None:
        """Take a piece of what a model says."""
        run = self._runs[run_id]
        super().on_llm_new_token(token, run_id=run_id, parent_run_id=parent_run_id, **kwargs)
        await _settle(run)

    async def on_llm_end(
        self, response: LLMResult, *, run_id: UUID, parent_run_id: UUID | None = None, **kwargs: Any
    ) -> None:
        """End the step of a call of a model, and its final answer."""
        run = self._runs[run_id]
        super().on_llm_end(response, run_id=run_id, parent_run_id=parent_run_id, **kwargs)
        await _settle(run)


async def _settle(run: Run | None) -> None:
    if run is not None and isinstance(model := run.state, _Model) and model.answer is not None:
        await model.answer.settle()


def _name(serialized: dict[str, Any] | None, kind: str, kwargs: dict[str, Any]) -> str:
    known = serialized or {}
    path = known.get("id") or [kind]
    return str(kwargs.get("name") or known.get("name") or path[-1])


def _said(response: LLMResult) -> Any:
    """Return what a model said: its text, else the tools it wants called."""
    message = said_by(response)
    if message is None:
        return next((each.text for choices in response.generations for each in choices), "")
    calls: list[dict[str, Any]] = getattr(message, "tool_calls", None) or []
    wanted = [{"tool": call["name"], "arguments": call["args"]} for call in calls]
    return text_of(message.content) or wanted or ""
