"""The store on PostgreSQL: the contract, and what several replicas have to agree on."""

from collections.abc import AsyncIterator

import pytest

from gateway.ports import Store
from gateway.store.postgresql import PostgreSQLStore
from tests.store.contents import ContentsContract
from tests.store.contract import Reopen, StoreContract
from tests.store.documents import DocumentsContract
from tests.store.operations import OperationsContract
from tests.store.outbox import OutboxContract
from tests.store.rights import RightsStoreContract
from tests.store.threads import ThreadsContract
from tests.support.postgres import tables


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with tables() as url:
        yield url


@pytest.fixture
async def store(url: str) -> AsyncIterator[PostgreSQLStore]:
    store = PostgreSQLStore(url)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
async def reopen(url: str) -> AsyncIterator[Reopen]:
    opened: list[PostgreSQLStore] = []

    async def reopen(store: Store) -> Store:
        assert isinstance(store, PostgreSQLStore)
        await store.close()
        opened.append(PostgreSQLStore(url))
        await opened[-1].open()
        return opened[-1]

    yield reopen
    for store in opened:
        await store.close()


class TestPostgreSQLStore(
    StoreContract,
    DocumentsContract,
    OperationsContract,
    OutboxContract,
    RightsStoreContract,
    ThreadsContract,
    ContentsContract,
):
    """What every store has to do."""
