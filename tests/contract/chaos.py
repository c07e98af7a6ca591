"""Kills at random points under load and trouble, then an account of every message: none lost, none doubled, in order.

``CHAOS_KILLS`` kills each platform's bot so often (4 without it: the short form CI runs), ``CHAOS_SEED`` repeats a
run's choices (the moments of the kills differ all the same: they depend on the machine).
"""

import asyncio
import os
import random
from pathlib import Path

import pytest

from tests.contract.crashes import LivingBot
from tests.contract.load import BOT, Load, settled_account
from tests.contract.world import World

KILLS = int(os.environ.get("CHAOS_KILLS", "4"))
SEED = os.environ.get("CHAOS_SEED", "7")


class ChaosContract:
    """What must hold however often the process dies; a platform's tests inherit it and provide ``world``."""

    @pytest.mark.chaos
    @pytest.mark.timeout(300 + 12 * KILLS)
    async def test_kills_under_load_lose_double_and_disorder_nothing(self, world: World, tmp_path: Path) -> None:
        chance = random.Random(f"{SEED} {world.name}")
        async with LivingBot(world, tmp_path, BOT) as bot:
            load = Load(world, lambda: bot.log, chance)
            talking = asyncio.create_task(load.run())
            for _ in range(KILLS):
                if chance.random() < 0.5:  # it is posted, and the bot does not hear so
                    world.fail_next("send", "disconnected", after_effect=True)
                # The point of the kill is random by design. Some lives are long enough for what was interrupted twice.
                await asyncio.sleep(chance.uniform(0.1, 0.7) if chance.random() < 0.7 else chance.uniform(2, 4))
                await bot.kill()
                if chance.random() < 0.3:
                    world.forget_sent()
                if chance.random() < 0.3:
                    world.fail_next("identify", "server_error")
                await bot.start()
            load.end()
            await talking  # every question is answered, or the test says which was not asked
            account = await settled_account(load)
        print(f"{world.name}: {KILLS} kills, {account}")
        assert account.wrong == {}, bot.log[-30:]
        assert load.posted > KILLS
