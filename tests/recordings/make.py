"""Makes the recordings in this folder anew: ``python -m tests.recordings.make``.

They are of the emulators, since nobody's conversations belong into a repository; what a recording is made of is the
same.
"""

import asyncio
import shutil
import tempfile
from pathlib import Path

from tests.contract.recording import HELPER, recorded, use_everything
from tests.discord.world import discord_world
from tests.slack.world import slack_world
from tests.teams.world import teams_world

HERE = Path(__file__).parent


async def main() -> None:
    """Record the helper on every platform."""
    for name, make in (("slack", slack_world), ("discord", discord_world), ("teams", teams_world)):
        with tempfile.TemporaryDirectory() as folder:
            async with make() as world, recorded(world, HELPER, Path(folder), feedback="on"):
                await use_everything(world)
            (HERE / name).mkdir(exist_ok=True)
            shutil.copy(Path(folder) / "recorded" / "recording-0001.jsonl", HERE / name / "recording-0001.jsonl")


if __name__ == "__main__":
    asyncio.run(main())
