"""A replica whose machine's clock is an hour off does its work: what it gets is checked by the database's clock."""

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.reading import pinned
from tests.cluster.replica import require_wrong_clock
from tests.cluster.test_readiness import without_problems
from tests.contract.reading import reads

pytestmark = [pytest.mark.asyncio(loop_scope="module")]


@pytest.mark.long
@pytest.mark.parametrize("hours", [1, -1])
async def test_a_replica_whose_clock_is_an_hour_off_is_ready_and_answers(three: Cluster, hours: int) -> None:
    require_wrong_clock()
    replica = three.replicas[0]
    replica.clock = hours
    await replica.kill()
    await replica.start()
    await without_problems(replica, within=15)
    try:
        for world in three.worlds:
            with pinned(three, replica.name):
                post = await world.mention("where a")
                await reads(world, post, "a on r", timeout=15)
                await reads(world, await world.reply(post, "where b"), "b on r", timeout=15)
    finally:
        replica.clock = 0
        await replica.kill()
        await replica.start()
