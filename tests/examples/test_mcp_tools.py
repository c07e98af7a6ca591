"""The bot that calls the tools of the shop, with the server beside it as a program."""

import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from gateway.testing import User, bot


@pytest_asyncio.fixture
async def user(examples: Path) -> AsyncIterator[User]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    settings = {"GATEWAY_MCP_EXECUTABLES": "python"}
    async with bot(examples / "mcp_tools.py", settings=settings, env={"PATH": path}, timeout=20) as user:
        yield user


async def test_it_lists_the_tools_and_calls_them(user: User) -> None:
    await user.says("hello")
    await user.sees("reserve item=… count=…")
    await user.says("stock item=tea")
    await user.sees("12 of tea")
    await user.says("reserve item=tea count=2")
    await user.sees("2 of tea put aside, 10 left")
    await user.says("stock item=milk")
    await user.sees("there is no milk in this shop")
