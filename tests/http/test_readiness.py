"""What ``/readyz`` says of each platform, with standing connections to it."""

import asyncio
from pathlib import Path
from typing import Any

import httpx

import gateway as cl
from tests.discord.world import discord_world
from tests.support.bot import register, running_bot


def echo() -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        await cl.Message(f"You said: {message.content}").send()


async def test_a_shard_is_shown_with_the_time_since_when_it_is_up_and_with_what_is_wrong(tmp_path: Path) -> None:
    async with (
        discord_world() as world,
        running_bot(world, register(echo), tmp_path) as running,
        httpx.AsyncClient(base_url=running.url) as http,
    ):

        async def discord() -> dict[str, Any]:
            answer = await http.get("/readyz")
            state: dict[str, Any] = {**answer.json()["platforms"]["discord"], "code": answer.status_code}
            return state

        up = await discord()
        assert (up["status"], up["code"], list(up["connections"])) == ("ok", 200, ["shard 0"])
        assert up["connections"]["shard 0"]["since"].endswith("+00:00")
        assert "problem" not in up
        world.discord.world.token = "another"
        world.discord.gateway.close_with(4004, "Authentication failed.")
        async with asyncio.timeout(10):
            while "DISCORD_BOT_TOKEN" not in (down := await discord()).get("problem", ""):
                await asyncio.sleep(0.01)  # nothing tells when the bot has read the close frame
        assert down["code"] == 503
        assert "DISCORD_BOT_TOKEN" in down["problem"]
        assert down["connections"]["shard 0"] == {"problem": down["problem"]}
