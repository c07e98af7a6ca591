"""Two replicas of a bot, each an adapter behind a server of its own; a test says which one gets the webhooks."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

from gateway.adapter import AdapterContext
from tests.contract.harness import H, serving
from tests.contract.world import World
from tests.support.cluster import Replica, Replicas
from tests.support.notes import Notes


@asynccontextmanager
async def two_replicas(
    world: World, data: Path, harness_of: Callable[[World, AdapterContext], H], replicas: Replicas | None = None
) -> AsyncIterator[tuple[H, H]]:
    """Serve two adapters that share a store and know of each other. Webhooks go to the first one, until
    ``world.deliver_to`` is called with the other one's ``url``. ``replicas``: what they are to be replicas of."""
    notes, replicas = Notes(), replicas or Replicas()

    def joined(cluster: Replica) -> Callable[[World, AdapterContext], H]:
        return lambda world, context: harness_of(world, replace(context, store=notes, cluster=cluster))

    async with AsyncExitStack() as stack:
        one, other = [await stack.enter_async_context(serving(world, data, joined(replicas.join()))) for _ in range(2)]
        world.deliver_to(one.url)
        yield one, other
