"""The tables that run turns can be distributed by the conversation: their keys hold it, and statements name it."""

import re
from types import ModuleType

import pytest

from gateway.store.core.kinds import operations, sessions
from gateway.store.core.kinds import outcomes as shared_outcomes
from gateway.store.core.statements import ByKeys, ByRows
from gateway.store.postgresql import PostgreSQLStore, deliveries, leases, outcomes
from tests.store.test_replicas import run
from tests.support.postgres import tables

TABLES = ("deliveries", "effects", "leases", "sessions")
MODULES = (deliveries, leases, operations, outcomes, sessions)
OF_ALL = {
    # What a replica leaves, or another one has left, whatever conversations it ran.
    "HAND_OVER", "RELEASE_ALL", "FORGET_LEASES", "SUSPECTS", "INTERRUPT", "INTERRUPT_SEVERAL", "EXONERATE",
    # What no replica runs, how far what programs asked for is, and what an operator opens or drops.
    "PENDING", "COUNT_OPEN", "STATES", "STATES_OF_SAID", "RETRY", "DROP",
    # Housekeeping, which one replica does.
    "IDLE_SESSIONS",
    # What an operator looks at.
    "OLDEST", "COUNT_DEAD", "OPEN", "DEAD", "SESSIONS",
}  # fmt: skip
"""Statements that are about all conversations: a distributed database runs them on each of its parts."""


def statements(module: ModuleType) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in vars(module).items():
        if isinstance(value, ByRows | ByKeys):
            found[name] = value.texts[1]
        elif isinstance(value, str) and re.match(r"\s*(INSERT|SELECT|UPDATE|DELETE)\b", value):
            found[name] = value
    return found


SHARED = {name: getattr(shared_outcomes, name) for name in ("FAIL", "BURY", "POSTED")}
"""Statements that both databases run."""
STATEMENTS = SHARED | {
    f"{module.__name__}.{name}": statement for module in MODULES for name, statement in statements(module).items()
}


def test_all_statements_are_looked_at() -> None:
    assert len(STATEMENTS) > 35
    assert {name.rpartition(".")[2] for name in STATEMENTS} >= OF_ALL


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_names_its_conversation(name: str) -> None:
    statement = STATEMENTS[name]
    touched = [table for table in TABLES if re.search(rf"(FROM|INTO|UPDATE|JOIN) {table}\b", statement)]
    if not touched or name.rpartition(".")[2].lstrip("_") in OF_ALL:
        return
    named = (
        r"conversation (=|IN|>|<)|\(conversation, |\(seq, key, conversation|\(conversation\)|leases\.conversation = "
    )
    assert re.search(named, statement), statement


async def test_the_keys_of_these_tables_hold_the_conversation() -> None:
    async with tables() as url:
        store = PostgreSQLStore(url)
        await store.open()
        await store.close()
        for table in TABLES:
            keys = await run(
                url,
                "SELECT array_agg(attname::text) FROM pg_index JOIN pg_attribute ON attrelid = indrelid"
                f" AND attnum = ANY (indkey) WHERE indrelid = '{table}'::regclass AND indisunique GROUP BY indexrelid",
            )
            assert keys
            assert all("conversation" in key for (key,) in keys), table
