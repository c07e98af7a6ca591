"""The names of LangChain's first version, which the samples import, on today's ``langchain_core``: callbacks and the
running of chains are the library's own, only the models are made up."""

from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any, cast

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.language_models.fake import FakeListLLM
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, ToolCallChunk, ToolMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda


def openai(**_: Any) -> FakeListLLM:
    """Return the model of completions."""
    return FakeListLLM(responses=["the model's answer"])


class LLMMathChain:
    """The chain that works out what it is asked."""

    def __init__(self, llm: FakeListLLM) -> None:
        self._chain = RunnableLambda(llm.invoke, afunc=llm.ainvoke, name="LLMMathChain")

    @classmethod
    def from_llm(cls, llm: FakeListLLM) -> "LLMMathChain":
        """Return the chain of a model."""
        return cls(llm)

    async def acall(self, text: str, callbacks: list[Any]) -> dict[str, str]:
        """Run the chain, as its first version did."""
        return {"answer": str(await self._chain.ainvoke(text, config={"callbacks": callbacks}))}

    def __call__(self, text: str, callbacks: list[Any]) -> dict[str, str]:
        """Run the chain without an event loop."""
        return {"text": str(self._chain.invoke(text, config={"callbacks": callbacks}))}


class ChatOpenAI(BaseChatModel):
    """A model of chats: it asks for the weather where it can, and else repeats what it read."""

    model_name: str = "gpt-4"
    tools: Sequence[Any] = ()

    def __init__(self, **given: Any) -> None:
        given.pop("streaming", None)
        super().__init__(**given)

    @property
    def _llm_type(self) -> str:
        return "stand-in"

    def bind_tools(self, tools: Sequence[Any], **_: Any) -> Runnable[Any, AIMessage]:
        """Return the model with tools."""
        return cast("Runnable[Any, AIMessage]", ChatOpenAI(model_name=self.model_name, tools=tools))

    def _answer(self, messages: list[BaseMessage]) -> AIMessage:
        last = messages[-1]
        if self.tools and isinstance(last, HumanMessage):
            return AIMessage("", tool_calls=[{"name": self.tools[0].name, "args": {"city": "sf"}, "id": "call_1"}])
        said = last.content if isinstance(last, ToolMessage) else f"read {len(messages)} messages: {last.content}"
        return AIMessage(f"The model says: {said}")

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._answer(messages))])

    def _stream(self, messages: list[BaseMessage], *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
        answer = self._answer(messages)
        calls = [
            ToolCallChunk(name=each["name"], args='{"city": "sf"}', id=each["id"], index=0)
            for each in answer.tool_calls
        ]
        if calls:
            yield ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=calls))
            return
        for word in str(answer.content).split(" "):
            yield ChatGenerationChunk(message=AIMessageChunk(content=f"{word} "))


def modules() -> dict[str, ModuleType]:
    """Return the modules of the first version by their names."""
    config = _module("langchain.schema.runnable.config", RunnableConfig=RunnableConfig)
    runnable = _module("langchain.schema.runnable", Runnable=Runnable, config=config)
    schema = _module("langchain.schema", StrOutputParser=StrOutputParser, runnable=runnable)
    prompts = _module("langchain.prompts", ChatPromptTemplate=ChatPromptTemplate)
    package = _module("langchain", OpenAI=openai, LLMMathChain=LLMMathChain, schema=schema, prompts=prompts)
    chat = _module("langchain_openai", ChatOpenAI=ChatOpenAI)
    return {each.__name__: each for each in (package, prompts, schema, runnable, config, chat)}


def _module(name: str, **names: Any) -> ModuleType:
    module = ModuleType(name)
    for key, value in names.items():
        setattr(module, key, value)
    return module
