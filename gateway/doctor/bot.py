"""The check of the bot's file: it is imported in a process of its own, which is killed when that takes too long."""

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from gateway.adapter import Finding

MARK = "gateway-doctor:"
"""What the line with the result begins with: the bot may print lines of its own."""
_MOST = 64 * 1024
"""Characters of the bot's own output that are read."""


async def check_bot(bot: Path) -> Finding:
    """Import the bot's file, which runs what is written at its top level, and say whether that works."""
    if not await asyncio.to_thread(bot.is_file):
        return Finding("fail", f"there is no bot file at {bot}", "check the path")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "gateway.doctor.importing", str(bot)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdout is not None
    told = b""
    try:
        while part := await process.stdout.read(_MOST):
            told = (told + part)[-_MOST:]
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    line = told.decode(errors="replace").rpartition(MARK)[2].partition("\n")[0]
    try:
        found = json.loads(line)
    except ValueError:
        last = told.decode(errors="replace").strip().rpartition("\n")[2][:200]
        return Finding("fail", f"{bot} ends the process: {last}", "run it with `gateway run` and see what it prints")
    if "error" in found:
        return Finding("fail", found["error"], "mend the bot's file; `gateway check` says what of its API works")
    if not found["hears"]:
        return Finding("warn", f"{bot} has no handler for messages", "write one: @cl.on_message")
    return Finding("ok", f"{bot} can be imported")
