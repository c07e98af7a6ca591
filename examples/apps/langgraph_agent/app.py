"""An agent with tools, as a graph of LangGraph: the model decides which tool to call, each call is a step, and the
answer streams. The conversation is read from the gateway's history, so the agent remembers after a restart, too.
"""

import ast
import operator
import os
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

from langchain_core.messages import AIMessageChunk, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition

import gateway as cl

MODEL = os.environ.get("MODEL", "gpt-4o-mini")
SYSTEM = SystemMessage("You are a helpful assistant in a team chat. Use your tools for time and arithmetic. Be brief.")
LAST = 20
"""Messages of the conversation that the model reads."""
OPERATIONS: dict[type, Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
}


@tool
def calculate(expression: str) -> str:
    """Calculate an arithmetic expression of numbers, + - * / and brackets."""

    def value(node: ast.expr) -> float:
        match node:
            case ast.Constant(value=int() | float() as number):
                return number
            case ast.BinOp(left, operation, right):
                return OPERATIONS[type(operation)](value(left), value(right))
            case ast.UnaryOp(operation, operand):
                return OPERATIONS[type(operation)](value(operand))
        raise KeyError(ast.unparse(node))

    try:
        return f"{value(ast.parse(expression.strip()[:200], mode='eval').body):g}"
    except (SyntaxError, KeyError, ArithmeticError, RecursionError) as error:
        return f"That cannot be calculated: {error}"  # for the model to read, and to try again


@tool
def time_in(city: str) -> str:
    """Return the time of day in a city, such as Tokyo."""
    name = city.strip().replace(" ", "_").lower()
    zones = (zone for zone in sorted(available_timezones()) if zone.rpartition("/")[2].lower() == name)
    zone = next(zones, None)
    return f"{datetime.now(ZoneInfo(zone)):%H:%M on %A}" if zone else f"There is no time zone named after {city!r}."


TOOLS = [calculate, time_in]
model = ChatOpenAI(model=MODEL, api_key=os.environ.get("OPENAI_API_KEY", "none"))  # a local server needs no key


async def ask(state: MessagesState):
    """Ask the model what comes next: calls of tools, or the answer."""
    return {"messages": [await model.bind_tools(TOOLS).ainvoke([SYSTEM, *state["messages"]])]}


graph = StateGraph(MessagesState)
graph.add_node("model", ask)
graph.add_node("tools", ToolNode(TOOLS))
graph.add_edge(START, "model")
graph.add_conditional_edges("model", tools_condition)
graph.add_edge("tools", "model")
agent = graph.compile()


@cl.set_starters
async def starters(user: cl.User):
    return [
        cl.Starter(label="Time", message="What is the time in Tokyo?"),
        cl.Starter(label="Arithmetic", message="What is 12.5 * 8?"),
    ]


@cl.on_message
async def main(message: cl.Message):
    answer = cl.Message()
    calls: dict[str, dict] = {}
    said = {"messages": cl.chat_context.to_openai()[-LAST:]}
    run = agent.astream(said, stream_mode=["messages", "updates"], config={"recursion_limit": 12})
    async for mode, part in run:
        if mode == "messages":
            token, _ = part
            if isinstance(token, AIMessageChunk) and token.text:
                await answer.stream_token(token.text)
            continue
        for update in part.values():  # of the nodes that have just run
            for each in update["messages"]:
                if isinstance(each, ToolMessage):
                    await show(each, calls[each.tool_call_id])
                else:
                    calls.update({call["id"]: call for call in each.tool_calls})
    await answer.send()


async def show(result: ToolMessage, call: dict):
    """Show the call of a tool as a step."""
    async with cl.Step(name=call["name"], type="tool", show_input="json") as step:
        step.input = call["args"]
        step.output = result.text
