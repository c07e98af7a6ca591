"""Clusters for the tests of this folder: one for the tests of a module, put right again after each of them."""

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.cluster.bots import TELLING
from tests.cluster.cluster import Cluster, cluster
from tests.cluster.server import require_postgres


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    """Three replicas of the bot that tells where it runs, with 6 s to drain."""
    require_postgres()
    async with cluster(tmp_path_factory.mktemp("cluster"), TELLING, settings={"GATEWAY_DRAIN_TIMEOUT": "6"}) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def three(running: Cluster) -> AsyncIterator[Cluster]:
    """The module's three replicas, all ready. What the test did to them is undone."""
    yield running
    await running.restore()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what takes long, unless all is wanted: ``make test`` runs the rest."""
    if os.environ.get("TEST_CLUSTER") == "all":
        return
    skip = pytest.mark.skip(reason="a long test of several replicas: `make test-cluster` runs it")
    for item in items:
        if item.get_closest_marker("long") is not None:
            item.add_marker(skip)
