"""LlamaIndex's real library in a bot: what is seen of a query, and what is kept."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from llama_index.core import Document, MockEmbedding, Settings, VectorStoreIndex
from llama_index.core.callbacks import CallbackManager, CBEventType, EventPayload
from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata
from llama_index.core.llms.callbacks import llm_completion_callback
from structlog.testing import capture_logs

import gateway as cl
from tests.integrations.stage import stage


class Oracle(CustomLLM):
    """A model that knows one answer, or none."""

    broken: bool = False

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="oracle")

    @llm_completion_callback()  # type: ignore[untyped-decorator,unused-ignore]
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        if self.broken:
            raise ValueError("the oracle is silent")
        usage = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
        return CompletionResponse(text="forty two", raw={"model": "oracle-1", "usage": usage})

    @llm_completion_callback()  # type: ignore[untyped-decorator,unused-ignore]
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        def words() -> CompletionResponseGen:
            text = ""
            for word in ("forty ", "three"):
                text += word
                yield CompletionResponse(text=text, delta=word)

        return words()


@pytest.fixture(autouse=True)
def own_settings() -> Iterator[None]:
    """Leave LlamaIndex's settings of the process as they were."""
    before = Settings.callback_manager
    yield
    Settings.callback_manager = before


def engine(handler: Any, **options: Any) -> Any:
    """Return a query engine on two documents, which tells the handler what it does."""
    manager = Settings.callback_manager = CallbackManager([handler])
    llm = Oracle(callback_manager=manager, broken=options.pop("broken", False))
    embedding = MockEmbedding(embed_dim=4, callback_manager=manager)
    documents = [Document(text="Tea is a leaf."), Document(text="Coffee is a bean.")]
    index = VectorStoreIndex.from_documents(documents, embed_model=embedding, callback_manager=manager)
    return index.as_query_engine(llm=llm, embed_model=embedding, similarity_top_k=2, **options)


async def test_a_query_is_steps_with_its_sources_and_its_model(tmp_path: Path) -> None:
    kept: list[Any] = []

    class Noting(cl.LlamaIndexCallbackHandler):
        def on_event_end(
            self, event_type: Any, payload: dict[str, Any] | None = None, event_id: str = "", **kwargs: Any
        ) -> None:
            run = self._runs[event_id]
            super().on_event_end(event_type, payload, event_id, **kwargs)
            kept.extend([run.step] if run is not None and run.step is not None else [])

    queries = engine(Noting())

    async def main(message: cl.Message) -> None:
        answer = await cl.make_async(queries.query)(message.content)
        assert cl.context.current_step is cl.context.current_run
        await cl.Message(f"It is {answer}").send()

    async with stage(main, tmp_path) as on:
        post = await on.asks("what?", "It is forty two")
        await on.sees_steps(
            post, "✅ query: what? → forty two", "✅ retrieve: what? → Source 0, Source 1",
            "✅ embedding: 1 text", "✅ llm: forty two",
        )  # fmt: skip
        await on.reads(post, "Source 0 · Source 1")
    by_type = {step.type: step for step in kept}
    assert list(by_type) == ["embedding", "retrieval", "llm", "run"]
    assert [element.name for element in by_type["retrieval"].elements] == ["Source 0", "Source 1"]
    assert [element.display for element in by_type["retrieval"].elements] == ["side", "side"]
    assert by_type["llm"].parent_id == by_type["run"].id
    generation = by_type["llm"].generation
    assert (generation["model"], generation["tokenCount"], generation["completion"]) == ("oracle-1", 9, "forty two")


async def test_an_answer_that_streams_is_the_bots_to_stream(tmp_path: Path) -> None:
    queries = engine(cl.LlamaIndexCallbackHandler(), streaming=True)

    async def main(message: cl.Message) -> None:
        response = await cl.make_async(queries.query)(message.content)
        answer = cl.Message("")
        for token in response.response_gen:
            await answer.stream_token(token)
        await answer.send()

    async with stage(main, tmp_path) as on:
        for question in ("first", "second"):
            await on.asks(question, "forty three")


async def test_what_fails_is_shown_as_failed_and_goes_on(tmp_path: Path) -> None:
    handler = cl.LlamaIndexCallbackHandler(event_starts_to_ignore=[CBEventType.RETRIEVE, CBEventType.EMBEDDING])
    queries = engine(handler, broken=True)

    async def main(message: cl.Message) -> None:
        answer = await queries.aquery(message.content)
        await cl.Message(f"It says: {answer}").send()

    async with stage(main, tmp_path) as on:
        post = await on.asks("what?", "It says: Empty Response")
        await on.sees_steps(post, "✅ query", "❌ llm: the oracle is silent", "❌ llm: the oracle is silent")


async def test_agents_and_tools_are_steps_and_a_strange_event_is_logged(tmp_path: Path) -> None:
    manager = CallbackManager([cl.LlamaIndexCallbackHandler()])

    async def main(message: cl.Message) -> None:
        with manager.event(CBEventType.AGENT_STEP, payload={EventPayload.MESSAGES: ["2+3?"]}):
            call: dict[str, Any] = {EventPayload.FUNCTION_CALL: {"a": 2, "b": 3}}
            with manager.event(CBEventType.FUNCTION_CALL, payload=call) as event:
                event.on_end(payload={EventPayload.FUNCTION_OUTPUT: "5"})
            with manager.event(CBEventType.FUNCTION_CALL, payload={EventPayload.TOOL: "no tool"}):
                pass
        await cl.Message("done").send()

    with capture_logs() as logs:
        async with stage(main, tmp_path) as on:
            post = await on.asks("go", "done")
            await on.sees_steps(post, "✅ agent_step", '✅ function_call: "a": 2 → 5')
    assert "integration.callback_failed" in [each["event"] for each in logs]


def test_outside_of_a_handler_nothing_is_shown() -> None:
    assert str(engine(cl.LlamaIndexCallbackHandler()).query("what?")) == "forty two"
