"""Rows that programs give in parts, beside what turns leave."""

from pathlib import Path

from gateway.model import StepRecord
from gateway.ports import Condition, RecordQuery, RowUpsert
from gateway.store import open_store

STEP = RowUpsert(
    "steps", "s", {"generation": {"model": "m"}, "threadId": "t"}, {"name": "n", "type": "llm"}, {"given": {"input": 1}}
)


async def test_what_a_program_gave_outlives_the_next_turn_and_its_own_next_part(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/gateway.db")
    await store.open()
    try:
        await store.upsert_rows([STEP, RowUpsert("steps", "s", {}, None, {"given": {"output": [2]}})])
        await store.change_records([StepRecord("s", "t", "", "look", "tool", 5.0, output="done")])
        [row] = (await store.record_page(RecordQuery("steps", (Condition("id", "eq", "s"),)))).rows
    finally:
        await store.close()
    assert (row["name"], row["output"]) == ("look", "done")
    assert (row["generation"], row["given"]) == ({"model": "m"}, {"input": 1, "output": [2]})
