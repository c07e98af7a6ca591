"""Tools of an MCP server: each conversation has a connection of its own with the servers in `.mcp.json` beside the bot.

Run it with `GATEWAY_MCP_EXECUTABLES=python gateway run examples/mcp_tools.py` (`pip install 'bot-gateway[mcp]'` before)
and say: stock item=tea. A bot with a model gives it the tools of `mcp_tools` and calls what the model asks for.
"""

from typing import Any

import gateway as cl


@cl.on_mcp_connect
async def connected(connection: Any, session: Any) -> None:
    found = (await session.list_tools()).tools
    tools = cl.user_session.get("mcp_tools", {})
    tools[connection.name] = {tool.name: list(tool.inputSchema["properties"]) for tool in found}
    cl.user_session.set("mcp_tools", tools)


@cl.on_mcp_disconnect
async def disconnected(name: str, session: Any) -> None:
    cl.user_session.get("mcp_tools", {}).pop(name, None)


@cl.step(type="tool", show_input=True)
async def use(server: str, tool: str, arguments: dict[str, Any]) -> str:
    session, _ = cl.context.session.mcp_sessions[server]
    result = await session.call_tool(tool, arguments)
    return "\n".join(part.text for part in result.content if part.type == "text")


@cl.on_message
async def main(message: cl.Message) -> None:
    name, *words = message.content.split() or [""]
    tools = cl.user_session.get("mcp_tools", {})
    server = next((each for each in tools if name in tools[each]), None)
    if server is None:
        usage = {tool: " ".join(f"{each}=…" for each in tools[of][tool]) for of in tools for tool in tools[of]}
        lines = [f"- `{tool} {needs}`" for tool, needs in usage.items()]
        await cl.Message("\n".join(["I have these tools:", *lines] if lines else ["I have no tools now."])).send()
        return
    given = dict(word.split("=", 1) for word in words if "=" in word)
    arguments = {key: int(value) if value.isdigit() else value for key, value in given.items()}
    await cl.Message(await use(server, name, arguments)).send()
