"""An agent on LangGraph: its nodes, its tool and its calls of a model are steps, and its answer is streamed.

Needs `pip install 'bot-gateway[langchain]' langgraph langchain-openai`, and OPENAI_API_KEY. Without a key:
`gateway run examples/langgraph_agent.py --fake-model`.
"""

from langchain_core.messages import AIMessageChunk, HumanMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition

import gateway as cl


@tool
def multiply(a: float, b: float) -> float:
    """Multiply two numbers."""
    return a * b


async def agent(state: MessagesState, config: RunnableConfig) -> MessagesState:
    """Let the model answer, or call the tool."""
    model = ChatOpenAI(model="gpt-4o-mini").bind_tools([multiply])
    return {"messages": [await model.ainvoke(state["messages"], config)]}


builder = StateGraph(MessagesState)
builder.add_node("agent", agent)
builder.add_node("tools", ToolNode([multiply]))
builder.add_edge(START, "agent")
builder.add_conditional_edges("agent", tools_condition)
builder.add_edge("tools", "agent")
graph = builder.compile(checkpointer=InMemorySaver())  # what was said, as long as the process runs


@cl.on_message
async def main(message: cl.Message) -> None:
    """Run the graph in the conversation's own thread, and stream what the model says."""
    config = RunnableConfig(
        callbacks=[cl.AsyncLangchainCallbackHandler()], configurable={"thread_id": cl.context.session.thread_id}
    )
    answer = cl.Message("")
    asked = {"messages": [HumanMessage(message.content)]}
    async for part, _ in graph.astream(asked, config, stream_mode="messages"):
        if isinstance(part, AIMessageChunk):
            await answer.stream_token(part.text)
    await answer.send()
