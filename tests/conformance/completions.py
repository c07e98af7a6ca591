"""What a sample needs around it to run: most are parts of a bot, and some wait longer than a test should."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import indent

from tests.conformance.document import Sample

ANSWER = """
@cl.on_message
async def _answer(message: cl.Message):
    await cl.Message(f"Received: {message.content}").send()
"""
"""A handler for samples that need a bot around them."""

SETTINGS = """
@cl.on_message
async def _answer(message: cl.Message):
    await cl.Message(f"Settings: {cl.user_session.get('chat_settings')}").send()
"""

BUTTON = """
@cl.on_message
async def _answer(message: cl.Message):
    action = cl.Action(name="action_button", payload={"value": "example_value"}, label="Click me!")
    await cl.Message("A button", actions=[action]).send()
"""


CONNECTED = """
@cl.on_mcp_connect
async def _connected(connection, session):
    result = await session.list_tools()
    cl.user_session.set("mcp_tools", {connection.name: [tool.name for tool in result.tools]})
"""
"""A hook for samples that use what another one has connected."""
TABLE = "conversations"
"""The table of DynamoDB for the sample that keeps conversations in one."""
HISTORY = "sqlite+aiosqlite:///history.db"
"""The database, beside the bot, for the samples that keep conversations in one."""
MADE = "from tests.conformance.databases import make_tables\nmake_tables('history.db')\n"


def calling(call: str) -> str:
    """Return a handler that calls a function of the sample and then answers."""
    return f"""
@cl.on_message
async def _answer(message: cl.Message):
    result = {call}
    await cl.Message(f"The result is {{result!r}}").send()
"""


@dataclass(frozen=True)
class Completion:
    """What is put around a sample, and what is changed in it."""

    before: str = ""
    after: str = ""
    within: str = ""
    """The head of a function the sample becomes the body of, for ``await`` on the top level."""
    replace: Mapping[str, str] = field(default_factory=dict[str, str])
    admin: bool = False
    """The person has the role ``ADMIN``."""
    tools: bool = False
    """A server of tools (MCP) is listed beside the bot."""
    model: bool = False
    """The real ``openai`` library talks to the fake model."""


COMPLETIONS: dict[str, Completion] = {
    "1": Completion(
        tools=True,
        after=ANSWER,
        replace={
            "# Your connection initialization code here": "print('connected with', connection.name)",
            "# Your cleanup code here": "print('disconnected from', name)",
        },
    ),
    "2": Completion(
        tools=True, before="from mcp import ClientSession\n", after=calling("cl.user_session.get('mcp_tools')")
    ),
    "3": Completion(
        tools=True,
        before=f"""
from types import SimpleNamespace
{CONNECTED}
def find_mcp_for_tool(name):
    return next(server for server, tools in cl.user_session.get("mcp_tools").items() if name in tools)
""",
        after=calling("(await call_tool(SimpleNamespace(name='add', input={'a': 20, 'b': 3}))).content[0].text"),
    ),
    "4": Completion(
        tools=True,
        before=f"""
from types import SimpleNamespace
{CONNECTED}
messages = []
async def _call(messages, tools):
    return SimpleNamespace(has_tool_calls=lambda: False, text=f"a choice of {{tools}}")
your_llm_client = SimpleNamespace(call=_call)
""",
        after=calling("(await call_model_with_tools()).text"),
    ),
    "7": Completion(before="from langchain import OpenAI\n", after=ANSWER),
    "31": Completion(before="from langchain import LLMMathChain, OpenAI\n"),
    "32": Completion(after=ANSWER),
    "49": Completion(
        before="from langchain import LLMMathChain as M, OpenAI\nagent, input_str = M.from_llm(OpenAI()), '2 + 2'\n",
        within="@cl.on_message\nasync def main(message: cl.Message):",
    ),
    "10": Completion(
        within="@cl.on_message\nasync def main(message: cl.Message):",
        after="    await cl.Message(f'Got {file[0].name}').send()\n",
    ),
    **{number: Completion(after=SETTINGS) for number in ("26", "27", "28", "29", "30", "47")},
    "36": Completion(after=ANSWER),
    "37": Completion(after=ANSWER, replace={"pass": "print('resumed', thread['id'])"}),
    "40": Completion(replace={"  # do something": "  print('did something with', content)"}),
    "44": Completion(replace={"time.sleep(5)": "time.sleep(0.1)"}),
    "46": Completion(admin=True),
    "48": Completion(replace={"time.sleep(5)": "time.sleep(0.1)"}),
    "59": Completion(after=calling("await my_step()")),
    "60": Completion(before="message_history = [{'role': 'user', 'content': 'Hi'}]\n", after=calling("await gpt4()")),
    "70": Completion(after=ANSWER),
    "71": Completion(after=BUTTON),
    "74": Completion(
        before="import asyncio\n",
        after="""
@cl.on_message
async def _answer(message: cl.Message):
    await cl.Message("Working").send()
    await asyncio.Event().wait()
""",
    ),
    "72": Completion(after=ANSWER),
    "75": Completion(after=ANSWER),
    "76": Completion(after=ANSWER),
    "77": Completion(
        replace={"        pass\n    pass": "        await cl.Message(f'A picture: {msg.content}').send()\n"}
    ),
    **{number: Completion(after=ANSWER) for number in ("85", "112")},
    **{number: Completion(after=ANSWER, admin=True) for number in ("86", "113")},
    "90": Completion(after=ANSWER, replace={"<Your Table>": TABLE}),
    "91": Completion(after=ANSWER),
    "92": Completion(before=MADE, after=ANSWER, replace={'"..."': f'"{HISTORY}"'}),
    "93": Completion(
        before=MADE,
        after=ANSWER,
        replace={"<your conninfo>": HISTORY, "<your_account_url>": "https://account.blob.core.windows.net"},
    ),
    "94": Completion(before="output = 'reviewed'\n", after=calling("await func('something')")),
    "99": Completion(after="    await cl.Message(f'History: {messages}').send()\n"),
    "101": Completion(after="    await cl.Message('Looked').send()\n"),
    "106": Completion(
        after="""
@cl.on_message
async def _answer(message: cl.Message):
    await cl.Message(template.format(input=message.content)).send()
"""
    ),
    "105": Completion(model=True, after=ANSWER),
    "106b": Completion(
        model=True,
        before="""
from openai import AsyncOpenAI
client, template, settings = AsyncOpenAI(), "Say: {input}", {"model": "gpt-4"}
""",
    ),
    "126": Completion(model=True, replace={'base_url="http://0.0.0.0:4000"': "base_url=None"}),
    "128": Completion(model=True, replace={'base_url="http://localhost:1234/v1"': "base_url=None"}),
    "130": Completion(model=True),
    "33": Completion(after=ANSWER),
    "110": Completion(
        before="""
from contextlib import asynccontextmanager
from langchain_core.language_models.fake import FakeListLLM
from presidio_analyzer import AnalyzerEngine
analyzer = AnalyzerEngine()
class llm_chain:
    async def arun(text, callbacks):
        answer = await FakeListLLM(responses=["read"]).ainvoke(text, config={"callbacks": callbacks})
        return f"The chain has {answer}: {text}"
""",
        replace={"      anonymized_message\n": "      anonymized_message,\n"},
        after="    await cl.Message(response).send()\n",
    ),
    "115": Completion(after="    return 'done'\n" + calling("await my_async_function()")),
    "116": Completion(
        before="async def my_async_function():\n    return 'done'\n",
        after="    return result\n" + calling("await another_async_function()"),
    ),
    "118": Completion(after=calling("await async_function()"), replace={"time.sleep(10)": "time.sleep(0.1)"}),
    "119": Completion(
        after=calling("await cl.make_async(main)()"),
        replace={"    # Your asynchronous code goes here": "    print('asynchronous')"},
    ),
}


def complete(sample: Sample, *, alias: bool = False) -> str:
    """Return the sample as a bot's file: that imports the gateway, or with ``alias`` Chainlit, as it stands there."""
    completion = COMPLETIONS.get(sample.number, Completion())
    code = sample.code
    for old, new in completion.replace.items():
        if old not in code:
            raise ValueError(f"sample {sample.number} has no {old!r} that could be replaced")
        code = code.replace(old, new)
    if not alias:
        code = re.sub(r"\bfrom chainlit\b", "from gateway", code)
        code = re.sub(r"\bimport chainlit\b", "import gateway", code)
    if completion.within:
        code = f"{completion.within}\n{indent(code, '    ')}"
    return f"import {'chainlit' if alias else 'gateway'} as cl\n{completion.before}{code}\n{completion.after}"
