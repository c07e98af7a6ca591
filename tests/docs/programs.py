"""Runs the programs of the documents: as bots on an emulated platform, or as plain programs."""

import ast
import asyncio
import functools
import inspect
import runpy
import textwrap
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog

from gateway.chat.registry import Callbacks
from gateway.loading import load_bot
from tests.chatkit.world import chatkit_world
from tests.contract.world import World
from tests.docs.blocks import Block, files_of
from tests.docs.talk import Talk
from tests.support.bot import running_bot

_GREETING = "Ada: hello"
"""What is said to a bot below which no conversation stands."""
_SERVED = "http://127.0.0.1:8000"
"""Where a gateway listens, for programs that talk to one."""
_FAULTS = {"error", "exception", "critical"}


def source(block: Block) -> str:
    """Return the program that a block is: with its setup in front, in a handler (or run by asyncio, where it is a test)
    if it awaits something outside of functions, and with the import that every page takes for granted."""
    code = block.code
    if _awaits(code) and "gateway.testing" in code:
        code = f"import asyncio\n\nasync def main():\n{textwrap.indent(code, '    ')}\nasyncio.run(main())\n"
    elif _awaits(code):
        code = "@cl.on_message\nasync def main(message: cl.Message):\n" + textwrap.indent(code, "    ")
    code = block.setup + code
    return code if "import gateway as cl" in code or "cl." not in code else f"import gateway as cl\n\n{code}"


def _awaits(code: str) -> bool:
    """Return whether a program awaits something outside of functions."""
    try:
        compile(code, "block", "exec")
    except SyntaxError:
        compile(code, "block", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        return True
    return False


def is_bot(block: Block) -> bool:
    """Return whether a block is a bot, and no program that stands by itself."""
    handles = any(each in source(block) for each in ("@cl.on_message", "@cl.on_chat_start"))
    return handles and not any(each in block.code for each in ("mount_", "gateway.testing"))


def write(block: Block, folder: Path) -> Path:
    """Write the program and the files of its page into a folder, and return the program's path."""
    for name, content in files_of(block.document).items():
        (folder / name).write_text(content, encoding="utf-8")
    path = folder / "documented_bot.py"
    path.write_text(source(block), encoding="utf-8")
    return path


async def hold_talk(block: Block, world: World, folder: Path) -> None:
    """Run a bot, let Ada have the conversation with it that stands below it, and see that no handler failed."""
    callbacks = load_bot(write(block, folder))
    answered = _watch(callbacks)
    with structlog.testing.capture_logs() as logs:
        async with running_bot(world, callbacks, folder / ".gateway", turn_retries=0):
            talk = Talk(world, files_of(block.document), lambda: _faults(logs))
            await talk.play(block.talk or _GREETING)
            if block.talk is None:
                async with asyncio.timeout(10):
                    await answered.wait()
    assert _faults(logs) == []


def _faults(logs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what the log tells of faults, with their tracebacks."""
    return [
        "".join(map(str, (log["event"], " ", log.get("error", ""), *_traceback(log.get("exc_info")))))
        for log in logs
        if log["log_level"] in _FAULTS
    ]


def _traceback(error: object) -> list[str]:
    return traceback.format_exception(error, limit=-3) if isinstance(error, BaseException) else []


def _watch(callbacks: Callbacks) -> asyncio.Event:
    """Tell when the handler of messages, or of starts where there is no other, has returned or raised."""
    done = asyncio.Event()
    name = "on_message" if callbacks.on_message is not None else "on_chat_start"
    handler = getattr(callbacks, name)
    if handler is None:
        done.set()
        return done

    @functools.wraps(handler)
    async def watched(*args: Any) -> Any:
        try:
            result = handler(*args)
            return await result if inspect.isawaitable(result) else result
        finally:
            done.set()

    setattr(callbacks, name, watched)
    return done


async def run_program(block: Block, folder: Path, bot: str) -> Mapping[str, Any]:
    """Run a program in a thread, beside a gateway where it talks to one; return its names.

    Args:
        block: The program.
        folder: The folder that it runs in.
        bot: The ``bot.py`` that it may name.
    """
    (folder / "bot.py").write_text(bot, encoding="utf-8")
    path = write(block, folder)
    if _SERVED not in block.code + block.setup:
        return await asyncio.to_thread(runpy.run_path, str(path))
    async with (
        chatkit_world() as world,
        running_bot(world, load_bot(folder / "bot.py"), folder / ".gateway") as running,
    ):
        path.write_text(source(block).replace(_SERVED, running.url), encoding="utf-8")
        return await asyncio.to_thread(runpy.run_path, str(path))
