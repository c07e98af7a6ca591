"""No program outlives the gateway that started it: neither a deployment nor a crash."""

from pathlib import Path

from gateway.drivers.slack.reading import said
from gateway.emulators.slack.emulator import SlackEmulator
from tests.mcp.support import PATIENCE, alone, listed, pids, program, runs, until_gone
from tests.support.process import BotProcess

SOURCE = """
    import gateway as cl

    @cl.on_mcp_connect
    async def connect(connection, session):
        await session.list_tools()

    @cl.on_message
    async def main(message: cl.Message):
        session, _ = cl.context.session.mcp_sessions["tools"]
        result = await session.call_tool("add", {"a": 1, "b": 2})
        await cl.Message(f"{message.content} {result.content[0].text}").send()
"""


async def test_a_killed_gateway_leaves_no_program_behind(slack: SlackEmulator, tmp_path: Path) -> None:
    listed(tmp_path, tools=program(tmp_path)).rename(tmp_path / ".mcp.json")
    environment = {**slack.environment(), **alone(), "GATEWAY_MCP_EXECUTABLES": program(tmp_path)["command"]}
    async with BotProcess(tmp_path, SOURCE, environment) as bot:
        slack.deliver_to(bot.url)
        await slack.post(slack.dm.id, "once")
        await said(slack, slack.dm.id, "once 3", timeout=PATIENCE)
        (first,) = pids(tmp_path)
        assert runs(first)
        await bot.kill()
        await until_gone(first)
        await bot.start()
        await slack.post(slack.dm.id, "twice")
        await said(slack, slack.dm.id, "twice 3", timeout=PATIENCE)
        (_, second) = pids(tmp_path)
        assert await bot.terminate() == 0
        assert not runs(second)
