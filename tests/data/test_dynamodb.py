"""``DynamoDBDataLayer`` keeps the contract of every data layer, and what it does beside, by DynamoDB's protocol."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.data.dynamodb import DynamoDBDataLayer
from gateway.errors import TooLarge
from gateway.types import Feedback, Pagination, ThreadFilter
from gateway.user import User
from tests.data.contract import LayerContract
from tests.data.dynamo import Documented, documented, running, server, unopened
from tests.data.pages import pages
from tests.data.support import ADA, ada, link, new_id, read, read_step, said, step, thread, user
from tests.support.dynamodb import Server, answer, error

__all__ = ["running", "server"]


@pytest.fixture
async def harness(server: Server) -> AsyncIterator[Documented]:
    async with documented(server) as harness:
        yield harness


class TestContract(LayerContract):
    pass


async def test_what_it_writes_has_the_documented_keys(harness: Documented) -> None:
    layer = harness.layer
    id, known = await said(layer, await ada(layer))
    await layer.create_element(link(id, known, id="e"))
    rated = await layer.upsert_feedback(Feedback(forId=known, value=1, comment="good"))
    items = await harness.items()
    assert items["USER#" + ADA, "USER"]["id"] == items["USER#" + ADA, "USER"]["identifier"] == {"S": ADA}
    head = items[f"THREAD#{id}", "THREAD"]
    assert head["UserThreadPK"] == {"S": f"USER#{ADA}"}
    assert head["UserThreadSK"] == {"S": f"TS#{head['createdAt']['S']}"}
    assert head["userId"] == head["userIdentifier"] == {"S": ADA}
    assert items[f"THREAD#{id}", f"STEP#{known}"]["feedback"] == {
        "M": {
            "forId": {"S": known},
            "threadId": {"S": id},
            "value": {"N": "1"},
            "comment": {"S": "good"},
            "id": {"S": f"THREAD#{id}::STEP#{known}"},
        }
    }
    assert rated == f"THREAD#{id}::STEP#{known}"
    assert items[f"THREAD#{id}", "ELEMENT#e"]["url"] == {"S": "https://e.example/x"}


async def test_feedback_is_of_the_step_whatever_thread_it_names(harness: Documented) -> None:
    layer = harness.layer
    id, known = await said(layer, await ada(layer))
    given = Feedback(forId=known, value=0, threadId=new_id())
    rated = await layer.upsert_feedback(given)
    assert given.id is None
    assert await layer.upsert_feedback(Feedback(forId=known, value=1, threadId=id)) == rated
    assert await layer.delete_feedback("nonsense") is False
    assert await layer.delete_feedback(f"THREAD#{id}::STEP#{new_id()}") is False
    assert await harness.count("steps") == 1
    assert await layer.delete_feedback(rated) is True


async def test_numbers_come_back_as_they_were(harness: Documented) -> None:
    id = new_id()
    numbers: dict[str, Any] = {
        "int": 3,
        "float": 0.1,
        "big": 2**70,
        "zero": 0.0,
        "small": 1e-100,
        "yes": True,
        "no": None,
    }
    texts = {"nan": float("nan"), "huge": 1e200, "long": 10**40 + 1}
    others = {"exact": Decimal("1.5"), "set": {"a"}, "bytes": b"\x00", "list": [1, [2.5]]}
    await harness.layer.create_step(step(id, "x", metadata={**numbers, **texts, **others}))
    [kept] = (await read(harness.layer, id))["steps"]
    back = kept.get("metadata") or {}
    assert {name: back[name] for name in numbers} == numbers
    assert isinstance(back["int"], int) and isinstance(back["float"], float)
    assert {name: back[name] for name in texts} == {"nan": "nan", "huge": "1e+200", "long": str(10**40 + 1)}
    assert {name: back[name] for name in others} == {"exact": 1.5, "set": ["a"], "bytes": b"\x00", "list": [1, [2.5]]}


async def test_metadata_with_many_keys_are_merged(harness: Documented) -> None:
    id = new_id()
    many = {f"key {n}": n for n in range(350)}
    await harness.layer.update_thread(id, metadata=many, name="named")
    await harness.layer.update_thread(id, metadata={**dict.fromkeys(many), "left": 1})
    found = await read(harness.layer, id)
    assert (found["metadata"], found["name"]) == ({"left": 1}, "named")


@pytest.mark.parametrize("characters", [70_000, 10_000_000])
async def test_a_long_message_is_kept_whole_and_goes_without_a_trace(harness: Documented, characters: int) -> None:
    layer, id = harness.layer, new_id()
    owner = await ada(layer)
    await layer.update_thread(id, user_id=owner.id)
    long = "ü" + "long" * (characters // 4) + "the last words"
    given = step(id, long, input=long[:200_000], generation={"prompt": long[:100_000]})
    await layer.create_step(given)
    kept = await read_step(layer, id, given["id"])
    assert kept == {**kept, **given, "generation": {"prompt": long[:100_000]}}
    assert await layer.get_step(given["id"]) == kept
    assert await pages(layer, ThreadFilter(userId=owner.id, search="LAST WORDS")) == [[id]]
    shown = (await harness.items())[f"THREAD#{id}", f"STEP#{given['id']}"]["output"]["S"]
    assert shown == long[:1_000]
    await layer.update_step({"id": given["id"], "output": "short"})
    assert await read_step(layer, id, given["id"]) == {**kept, "output": "short"}
    await layer.update_step({"id": given["id"], "input": "", "generation": {}})
    assert [sk for _, sk in await harness.items() if sk.startswith("PART#")] == []
    await layer.update_step({"id": given["id"], "output": long})
    assert await read_step(layer, id, given["id"]) == {**kept, "input": "", "generation": {}}
    await layer.delete_step(given["id"])
    assert not any("PART#" in sk or given["id"] in pk + sk for pk, sk in await harness.items())


async def test_the_long_props_of_an_element_go_with_it_and_with_its_thread(harness: Documented) -> None:
    layer, id = harness.layer, new_id()
    long = {"rows": ["row"] * 40_000}
    for known in ("a", "b", "c"):
        await layer.create_element(link(id, "s", id=known, props=long))
    await layer.create_step(step(id, "x", id="s"))
    found = await layer.get_element(id, "a")
    assert found is not None and found.get("props") == long
    await layer.delete_element("a")
    parts = [sk for _, sk in await harness.items() if sk.startswith("PART#")]
    assert len(parts) == 2 * (len(str(long)) // 300_000 + 1)
    await layer.delete_thread(id)
    assert not any(pk.startswith(("THREAD#", "ELEMENT#", "STEP#")) for pk, _ in await harness.items())


async def test_what_is_too_long_for_an_item_is_an_error_and_leaves_no_parts(harness: Documented) -> None:
    id = new_id()
    await harness.layer.update_thread(id, name="kept")
    before = await read(harness.layer, id)
    with pytest.raises(TooLarge, match="400 KB"):
        await harness.layer.update_thread(id, name="x" * 500_000)
    assert await read(harness.layer, id) == before
    with pytest.raises(TooLarge, match="400 KB"):
        await harness.layer.create_step(step(id, "y" * 70_000, **{f"k{n}": "x" * 60_000 for n in range(8)}))
    assert harness.server.seen("BatchWriteItem")[-1]["RequestItems"][harness.name][0].keys() == {"DeleteRequest"}
    assert not any(sk.startswith("PART#") for _, sk in await harness.items())


async def test_a_step_cannot_change_its_keys(harness: Documented) -> None:
    id = new_id()
    given = step(id, "x", PK="THREAD#other", SK="THREAD", UserThreadPK="USER#other", **{"output#parts": {"count": 1}})
    await harness.layer.create_step(given)
    assert [each.get("output") for each in (await read(harness.layer, id))["steps"]] == ["x"]


async def test_a_thread_of_many_pages_is_read_whole_and_deleted_in_batches(harness: Documented) -> None:
    layer, id = harness.layer, new_id()
    await asyncio.gather(*(layer.create_step(step(id, f"{n} " + "x" * 50_000)) for n in range(60)))
    harness.server.calls.clear()
    assert len((await read(layer, id))["steps"]) == 60
    assert len(harness.server.seen("Query")) >= 3
    await layer.delete_thread(id)
    batches = [len(each) for call in harness.server.seen("BatchWriteItem") for each in call["RequestItems"].values()]
    assert (max(batches), sum(batches)) == (25, 120)
    assert [pk for pk, _ in await harness.items() if pk != "PLACES"] == []
    [last] = harness.server.seen("DeleteItem")
    assert last["Key"] == {"PK": {"S": f"THREAD#{id}"}, "SK": {"S": "THREAD"}}


async def test_a_page_costs_a_query_for_each_thread_however_many_there_are(harness: Documented) -> None:
    layer = harness.layer
    owner = await ada(layer)
    for _ in range(30):
        await thread(layer, owner, "said")
    harness.server.calls.clear()
    page = await layer.list_threads(Pagination(first=5), ThreadFilter(userId=owner.id))
    assert [len(each["steps"]) for each in page.data] == [1] * 5
    assert [operation for operation, _ in harness.server.calls] == ["Query"] * 7
    found = await layer.get_all_user_threads(owner.id) or []
    assert len(found) == 10
    assert found[:5] == page.data
    assert await layer.get_all_user_threads(thread_id=found[0]["id"]) == found[:1]
    assert await layer.get_all_user_threads(thread_id=new_id()) is None


async def test_a_search_reads_on_until_the_page_is_full(harness: Documented) -> None:
    layer = harness.layer
    owner = await ada(layer)
    found = [await thread(layer, owner, "the needle")]
    for _ in range(20):
        await thread(layer, owner, "hay")
    found.append(await thread(layer, owner, "a Needle"))
    assert await pages(layer, ThreadFilter(userId=owner.id, search="needle"), first=1) == [[found[1]], [found[0]]]


async def test_what_was_throttled_is_tried_again(harness: Documented) -> None:
    code = "ProvisionedThroughputExceededException"
    harness.server.fail_first("UpdateItem", 2, lambda _: error(code, "slow down"))
    await harness.layer.create_user(User(ADA))
    assert len(harness.server.seen("UpdateItem")) == 3
    harness.server.fail_first("GetItem", 1, lambda _: error("InternalServerError", "fell over", 500))
    assert await harness.layer.get_user(ADA) is not None


async def test_what_a_batch_left_undone_is_sent_again(harness: Documented) -> None:
    id, long = new_id(), "long" * 300_000
    given = step(id, long)
    harness.server.fail_first("BatchWriteItem", 2, lambda call: answer({"UnprocessedItems": call["RequestItems"]}))
    await harness.layer.create_step(given)
    assert (await read_step(harness.layer, id, given["id"])).get("output") == long
    assert harness.server.seen("Scan") == []


async def test_a_long_value_that_is_replaced_while_it_is_read_is_read_anew(harness: Documented) -> None:
    layer, id = harness.layer, new_id()
    given = step(id, "one" * 100_000)
    await layer.create_step(given)
    before = [
        item for (pk, sk), item in (await harness.items()).items() if pk.startswith("THREAD#") and "PART#" not in sk
    ]
    await layer.update_step({"id": given["id"], "output": "two" * 100_000})
    harness.server.fail_first("Query", 1, lambda _: answer({"Items": before}))
    assert (await read_step(layer, id, given["id"])).get("output") == "two" * 100_000
    harness.server.fail_first("Query", 5, lambda _: answer({"Items": before}))
    with capture_logs() as logs:
        assert (await read_step(layer, id, given["id"])).get("output") == ("one" * 100_000)[:1_000]
    assert [each["event"] for each in logs] == ["data.parts_missing"]


async def test_what_is_never_done_is_an_error_and_the_thread_is_still_there(
    harness: Documented, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.data.dynamo.table._LONGEST_PAUSE", 0.0)
    layer = harness.layer
    id = await thread(layer, await ada(layer), "said")
    harness.server.fail_first("BatchWriteItem", 10, lambda call: answer({"UnprocessedItems": call["RequestItems"]}))
    with pytest.raises(TimeoutError, match="write capacity"):
        await layer.delete_thread(id)
    assert [each.get("output") for each in (await read(layer, id))["steps"]] == ["said"]
    await layer.delete_thread(id)
    assert await layer.get_thread(id) is None


async def test_errors_of_dynamodb_are_raised(harness: Documented) -> None:
    harness.server.fail_first("UpdateItem", 1, lambda _: error("AccessDeniedException", "not authorized"))
    with pytest.raises(harness.client.exceptions.ClientError, match="not authorized"):
        await harness.layer.update_thread(new_id(), name="x")
    assert await harness.count("threads") == 0


async def test_a_missing_table_is_named(server: Server) -> None:
    async with unopened(server) as client:
        layer = DynamoDBDataLayer("forgotten", client)
        with pytest.raises(LookupError, match="no table 'forgotten'"):
            await layer.get_thread(new_id())


async def test_a_thread_that_the_index_still_names_is_left_out(harness: Documented) -> None:
    layer = harness.layer
    owner = await user(layer, "slack:T1:U2")
    id = await thread(layer, owner)
    entry = {"UserThreadPK": {"S": f"USER#{owner.id}"}, "UserThreadSK": {"S": "TS#2030"}}
    await harness.put({"PK": {"S": "THREAD#gone"}, "SK": {"S": "STALE"}, **entry})
    assert await pages(layer, ThreadFilter(userId=owner.id)) == [[id]]
