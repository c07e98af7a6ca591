"""LangChain's and LangGraph's real libraries in a bot: what is seen of their runs, and what is kept."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langchain_core.tools import tool
from langgraph.graph import END, START, MessagesState, StateGraph
from structlog.testing import capture_logs

import gateway as cl
from gateway.integrations.final_answer import AnswerStart
from tests.contract.world import Post
from tests.integrations.stage import Stage, stage


def model(*answers: str | AIMessage) -> GenericFakeChatModel:
    """Return a model that answers this, word by word where it streams."""
    return GenericFakeChatModel(messages=iter([AIMessage(each) if isinstance(each, str) else each for each in answers]))


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    with cl.Step("carry", type="tool") as step:
        step.output = "nothing"
    return a + b


@tool
def fail(why: str) -> str:
    """Fail."""
    raise ValueError(f"because {why}")


class Shelf(BaseRetriever):
    """A retriever that finds one document."""

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [Document(f"all about {query}", metadata={"source": "shelf"})]


def answers(on: Stage, post: Post) -> list[str]:
    """Return what the bot said, without its steps."""
    return [said for said in on.said(post) if not said.endswith(("step", "steps")) and "GenericFake" not in said]


async def test_an_async_chain_is_steps_and_its_call_of_a_model_is_kept(tmp_path: Path) -> None:
    found: list[cl.Step] = []
    chain = (
        ChatPromptTemplate.from_messages([("system", "Be brief."), ("human", "{question}")])
        | model(AIMessage("a short answer", usage_metadata={"input_tokens": 5, "output_tokens": 3, "total_tokens": 8}))
        | StrOutputParser()
    ).with_config(run_name="historian")

    async def main(message: cl.Message) -> None:
        handler = cl.AsyncLangchainCallbackHandler()
        with cl.Step("outer") as step:
            found.append(step)
            answer = await chain.ainvoke({"question": message.content}, config={"callbacks": [handler]})
        run = cl.context.current_run
        assert cl.context.current_step is run, "the steps of the chain are left"
        await cl.Message(f"It says: {answer}").send()

    async with stage(main, tmp_path) as on:
        post = await on.asks("when?", "It says: a short answer")
        await on.sees_steps(post, "✅ outer", "✅ historian", "✅ GenericFakeChatModel: a short answer")


async def test_what_a_model_used_is_kept_with_its_step(tmp_path: Path) -> None:
    kept: list[Any] = []
    answer = AIMessage("four", usage_metadata={"input_tokens": 5, "output_tokens": 3, "total_tokens": 8})

    class Noting(cl.LangchainCallbackHandler):  # type: ignore[name-defined,misc,unused-ignore]
        def on_llm_end(self, response: Any, *, run_id: Any, **kwargs: Any) -> None:
            run = self._runs[run_id]
            super().on_llm_end(response, run_id=run_id, **kwargs)
            assert run is not None
            kept.append(run.step)

    async def main(message: cl.Message) -> None:
        said = await model(answer).ainvoke([HumanMessage("2+2?")], config={"callbacks": [Noting()]})
        await cl.Message(str(said.content)).send()

    async with stage(main, tmp_path) as on:
        await on.asks("2+2?", "four")
    (step,) = kept
    assert step.type == "llm"
    generation = step.generation
    assert generation["messages"] == [{"role": "user", "content": "2+2?"}]
    assert generation["messageCompletion"] == {"role": "assistant", "content": "four"}
    assert [generation[key] for key in ("inputTokenCount", "outputTokenCount", "tokenCount")] == [5, 3, 8]
    assert generation["duration"] >= 0
    assert step.to_dict()["generation"] == generation


async def test_a_chain_in_a_thread_shows_its_tools_its_retrievers_and_what_failed(tmp_path: Path) -> None:
    def work(question: str, config: RunnableConfig) -> str:
        documents = Shelf().invoke(question, config)
        total = add.invoke({"a": 2, "b": 3}, config)
        with pytest.raises(ValueError, match="because"):
            fail.invoke({"why": "it must"}, config)
        return f"{documents[0].page_content}: {total}"

    async def main(message: cl.Message) -> None:
        chain = RunnableLambda(work).with_config(run_name="agent")
        answer = await cl.make_async(chain.invoke)(message.content, {"callbacks": [cl.LangchainCallbackHandler()]})
        await cl.Message(answer).send()

    async with stage(main, tmp_path) as on:
        post = await on.asks("tea", "all about tea: 5")
        await on.sees_steps(
            post, "✅ agent", "✅ Shelf: tea → all about tea", '✅ add: "a": 2 → 5', "✅ carry: nothing",
            "❌ fail: because it must",
        )  # fmt: skip


async def test_a_thread_without_the_context_of_its_turn_shows_its_steps_in_it(tmp_path: Path) -> None:
    async def main(message: cl.Message) -> None:
        config: RunnableConfig = {"callbacks": [cl.LangchainCallbackHandler()]}
        total = await asyncio.get_running_loop().run_in_executor(None, add.invoke, {"a": 2, "b": 3}, config)
        await cl.Message(f"It is {total}").send()

    async with stage(main, tmp_path) as on:
        post = await on.asks("2+3", "It is 5")
        await on.sees_steps(post, '✅ add: "a": 2 → 5')


def graph(*answers: str) -> Any:
    """Return a graph of two nodes: one that adds by a tool, one whose model answers."""
    final = model(*answers)

    def agent(state: MessagesState, config: RunnableConfig) -> dict[str, Any]:
        return {"messages": [AIMessage(f"sum {add.invoke({'a': 2, 'b': 3}, config)}")]}

    def answer(state: MessagesState, config: RunnableConfig) -> dict[str, Any]:
        return {"messages": [final.invoke(state["messages"], config)]}

    builder = StateGraph(MessagesState)
    builder.add_node("agent", agent)
    builder.add_node("final", answer)
    builder.add_edge(START, "agent")
    builder.add_edge("agent", "final")
    builder.add_edge("final", END)
    return builder.compile()


@pytest.mark.parametrize("way", ["stream", "astream"])
async def test_a_graph_streams_its_messages_and_shows_its_nodes(way: str, tmp_path: Path) -> None:
    """A sync graph holds up the event loop while its nodes run on threads: they must not wait for the loop."""
    app = graph("it is five", "five again")

    async def main(message: cl.Message) -> None:
        answer = cl.Message("")
        config = RunnableConfig(
            callbacks=[cl.LangchainCallbackHandler()], configurable={"thread_id": cl.context.session.id}
        )
        asked = {"messages": [HumanMessage(message.content)]}
        if way == "stream":
            for part, about in app.stream(asked, stream_mode="messages", config=config):
                if about["langgraph_node"] == "final" and isinstance(part, AIMessageChunk):
                    await answer.stream_token(str(part.content))
        else:
            async for part, about in app.astream(asked, stream_mode="messages", config=config):
                if about["langgraph_node"] == "final" and isinstance(part, AIMessageChunk):
                    await answer.stream_token(str(part.content))
        await answer.send()

    async with stage(main, tmp_path) as on:
        post = await on.asks("2+3", "it is five")
        await on.sees_steps(
            post, "✅ LangGraph", "✅ agent", '✅ add: "a": 2 → 5', "✅ carry: nothing", "✅ final",
            "✅ GenericFakeChatModel: it is five",
        )  # fmt: skip


async def test_the_final_answer_is_streamed_into_a_message(tmp_path: Path) -> None:
    talker = model("I think. Final Answer: forty two", "no end in sight", "Final Answer: and one more")
    handlers: list[Any] = []

    async def main(message: cl.Message) -> None:
        if not handlers:
            handlers.append(cl.AsyncLangchainCallbackHandler(stream_final_answer=True))
        config: RunnableConfig = {"callbacks": handlers}
        if message.content == "thread":
            await cl.make_async(lambda: list(talker.stream("?", config)))()
        else:
            async for _ in talker.astream("?", config):
                pass
        await cl.Message(f"done with {message.content}").send()

    async with stage(main, tmp_path) as on:
        post = await on.asks("loop", "done with loop")
        assert answers(on, post) == ["forty two", "done with loop"]
        assert handlers[0].answer_reached and handlers[0].has_streamed_final_answer
        assert handlers[0].final_stream.content == "forty two"
        await on.asks("nothing", "done with nothing")
        await on.asks("thread", "done with thread")
        await on.reads(post, "and one more")
        assert not any("no end in sight" in said for said in answers(on, post))


async def test_all_that_a_model_says_is_the_answer_where_that_is_wished(tmp_path: Path) -> None:
    async def main(message: cl.Message) -> None:
        handler = cl.AsyncLangchainCallbackHandler(stream_final_answer=True)
        handler.answer_reached = True
        async for _ in model("every single word").astream("?", {"callbacks": [handler]}):
            pass
        assert handler.final_stream is not None
        handler.final_stream.content += ", with sources"
        await handler.final_stream.update()

    async with stage(main, tmp_path) as on:
        post = await on.asks("say", "every single word, with sources")
        assert answers(on, post) == ["every single word, with sources"]


@pytest.mark.parametrize(
    ("tokens", "prefix", "answer"),
    [
        (["Final", " Answer", ":", " 42"], ["Final", "Answer", ":"], "42"),
        (["I say Fi", "nal Ans", "wer: 4", "2"], ["Final", "Answer", ":"], "42"),
        (["FINAL", " ANSWER", " yes", " sir"], ["FINAL", "ANSWER"], "yes sir"),
        (["SEMIFINAL ANSWER no"], ["FINAL", "ANSWER"], ""),
        (["Final\nAnswer :", "\n", " 42"], ["Final", "Answer", ":"], "42"),
        ([" all", " of it"], [], "all of it"),
        (["nothing"], ["Final"], ""),
    ],
)
def test_a_prefix_is_found_across_the_borders_of_tokens(tokens: list[str], prefix: list[str], answer: str) -> None:
    start = AnswerStart(prefix)
    assert "".join(start.feed(token) for token in tokens) == answer


async def test_runs_at_once_with_one_handler_keep_their_steps_apart(tmp_path: Path) -> None:
    def twice(number: int, config: RunnableConfig) -> int:
        return int(add.invoke({"a": number, "b": number}, config))

    chain = RunnableLambda(twice).with_config(run_name="twice")

    async def main(message: cl.Message) -> None:
        config: RunnableConfig = {"callbacks": [cl.LangchainCallbackHandler()]}
        sums = await cl.make_async(chain.batch)([1, 2], config)
        sums += await asyncio.gather(chain.ainvoke(3, config), chain.ainvoke(4, config))
        await cl.Message(f"sums {sums}").send()

    async with stage(main, tmp_path) as on:
        post = await on.asks("go", "sums [2, 4, 6, 8]")
        lines = [part for number in (1, 2, 3, 4) for part in (f"✅ twice: {number * 2}", "✅ add", "✅ carry")]
        await on.sees_steps(post, *lines)


async def test_runs_that_only_join_others_are_no_steps_and_the_bot_may_choose(tmp_path: Path) -> None:
    inner = RunnableLambda(lambda text: text).with_config(run_name="inner")

    async def main(message: cl.Message) -> None:
        chain = (inner | model("said")).with_config(run_name="chain")
        handler = cl.LangchainCallbackHandler(to_ignore=["chain"], to_keep=["llm"])
        await chain.ainvoke("hm", {"callbacks": [handler]})
        await cl.Message("done").send()

    async with stage(main, tmp_path) as on:
        post = await on.asks("go", "done")
        await on.sees_steps(post, "✅ GenericFakeChatModel: said")


async def test_a_handler_that_fails_is_logged_and_the_chain_goes_on(tmp_path: Path) -> None:
    async def main(message: cl.Message) -> None:
        handler = cl.LangchainCallbackHandler()
        handler.to_ignore = (1,)  # type: ignore[assignment]
        answer = await model("unharmed").ainvoke("?", {"callbacks": [handler]})
        await cl.Message(str(answer.content)).send()

    with capture_logs() as logs:
        async with stage(main, tmp_path) as on:
            await on.asks("go", "unharmed")
    assert "integration.callback_failed" in [each["event"] for each in logs]


def test_outside_of_a_handler_nothing_is_shown() -> None:
    handler = cl.LangchainCallbackHandler(stream_final_answer=True, _schema_format="original+chat")
    assert model("heard").invoke("?", {"callbacks": [handler]}).content == "heard"
    assert not handler.has_streamed_final_answer


def test_a_text_for_prefix_tokens_is_refused() -> None:
    with pytest.raises(TypeError, match="list of tokens"):
        cl.LangchainCallbackHandler(answer_prefix_tokens="FINAL ANSWER")
