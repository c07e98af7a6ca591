"""Deliveries to a data layer: in order, each conversation for itself, for as long as it takes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.data.base import BaseDataLayer
from gateway.model import ElementRecord, FeedbackRecord, Removed, StepEdited, ThreadNamed, UserRecord
from gateway.model.record import ThreadRecord
from gateway.object_storage import Folder
from gateway.outbox import Deliverer, ElementFiles, LayerSource, deliverer
from gateway.outbox.deliverer import REFUSED
from gateway.ports import Cluster
from gateway.runtime import leadership
from gateway.step import StepDict
from gateway.store import SQLiteStore
from tests.store.contract import LATER, ref
from tests.store.outbox import leave, said
from tests.support.cluster import Replicas
from tests.support.layers import DictLayer


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SQLiteStore]:
    store = SQLiteStore(tmp_path / "gateway.db")
    await store.open()
    yield store
    await store.close()


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what failed be tried again soon."""
    monkeypatch.setattr(deliverer, "LONGEST_PAUSE", 0.05)


@asynccontextmanager
async def delivering(
    store: SQLiteStore, layer: Callable[[], Any], *, timeout: float = 10.0, cluster: Cluster | None = None
) -> AsyncIterator[Deliverer]:
    source = LayerSource(layer, None, timeout=timeout)
    folder = store.path.parent
    files = ElementFiles(Folder(folder / "blobs"), folder / "outbox")
    delivering = Deliverer(store, source, files, timeout=timeout, cluster=cluster or store.cluster)
    await source.open()
    await delivering.start()
    try:
        yield delivering
    finally:
        await delivering.stop(2)
        await source.close()


async def texts(store: SQLiteStore, thread: str, *words: str) -> None:
    """Let the turns of a conversation say these, one after another."""
    for word in words:
        await leave(store, said(word), thread=thread, key=f"{thread}/{word}")


async def test_each_kind_of_record_is_the_documented_call(store: SQLiteStore) -> None:
    layer = DictLayer()
    ada = "slack:T1:U1"
    await leave(
        store,
        Removed("element", "e0"),
        FeedbackRecord("f", "hello", "t", ada, 1, "good", 3.0),
        ElementRecord("e", "t", ada, "image", "a.png", for_id="hello", mime="image/png", url="https://x.example/a.png"),
        said("hello", tags=("x",), show_input="json"),
        StepEdited("hello", "hello there"),
        ThreadRecord("t", ref(), ada, "Hello", {"client_type": "slack"}, 1.0, 2.0),
        UserRecord(ada, {"email": "ada@example.com"}, 1.0),
        ThreadNamed("t", "Greetings"),
        Removed("step", "s0"),
        Removed("feedback", "f0"),
    )
    async with delivering(store, lambda: layer):
        await layer.until(lambda: layer.calls and layer.calls[-1] == ("delete_feedback", "f0"))
    assert [name for name, _ in layer.calls] == [
        "create_user", "get_thread", "update_thread", "create_step", "create_element", "upsert_feedback",
        "update_thread", "update_step", "delete_element", "delete_step", "delete_feedback",
    ]  # fmt: skip
    assert layer.users[ada].metadata == {"email": "ada@example.com"}
    assert layer.threads == {
        "t": {"name": "Greetings", "user_id": f"id of {ada}", "metadata": {"client_type": "slack"}}
    }
    at = "1970-01-01T00:00:05.500000Z"
    assert layer.steps["hello"] == {
        "id": "hello", "threadId": "t", "parentId": None, "name": "Ada", "type": "user_message", "command": None,
        "streaming": False, "waitForAnswer": False, "isError": False, "metadata": {}, "tags": ["x"], "input": "",
        "output": "hello there", "createdAt": at, "start": at, "end": at, "showInput": "json", "language": None,
        "defaultOpen": False, "autoCollapse": False,
    }  # fmt: skip
    assert (layer.elements["e"].get("forId"), layer.elements["e"].get("url")) == ("hello", "https://x.example/a.png")
    given = layer.feedback["f"]
    assert (given.forId, given.value, given.threadId, given.comment) == ("hello", 1, "t", "good")


async def test_an_element_is_given_with_its_content_in_a_file(store: SQLiteStore) -> None:
    seen: list[tuple[Any, ...]] = []

    class Reads(DictLayer):
        async def create_element(self, element: Any) -> None:
            seen.append(
                (element["path"] and Path(element["path"]).read_bytes(), element["forId"], element["objectKey"])
            )
            seen.append((element.name, element.thread_id, element.for_id, element.mime, element.content))
            assert (element["autoPlay"], element.player_config) == (True, {"loop": True})
            assert "path" not in element.to_dict()
            await super().create_element(element)

    folder = store.path.parent
    await Folder(folder / "blobs").put("elements/t/e/a.txt", b"content")
    record = ElementRecord("e", "t", "slack:T1:U1", "file", "a.txt", for_id="s", mime="text/plain")
    record = record._replace(auto_play=True, player_config={"loop": True})
    await leave(store, record._replace(object_key="elements/t/e/a.txt"), record._replace(id="gone", object_key="gone"))
    layer = Reads()
    async with delivering(store, lambda: layer):
        await layer.until(lambda: len(layer.calls) == 2)
    attributes = ("a.txt", "t", "s", "text/plain", None)
    assert seen == [(b"content", "s", None), attributes, (None, "s", None), attributes]
    assert list((folder / "outbox").iterdir()) == []


async def test_a_thread_whose_user_the_layer_does_not_know_gets_one(store: SQLiteStore) -> None:
    layer = DictLayer()
    await leave(store, ThreadRecord("t", ref(), "slack:T1:U2", None, {}, 1.0, 2.0))
    async with delivering(store, lambda: layer):
        await layer.until(lambda: "t" in layer.threads or len(layer.calls) == 3)
    assert [name for name, _ in layer.calls] == ["get_user", "create_user", "update_thread"]
    assert layer.threads["t"]["user_id"] == "id of slack:T1:U2"


async def test_a_name_that_the_bot_gave_a_thread_stays(store: SQLiteStore) -> None:
    layer = DictLayer()
    await layer.update_thread("t", name="Named by the bot")
    await leave(store, ThreadRecord("t", ref(), "", "Hello", {}, 1.0, 2.0))
    async with delivering(store, lambda: layer):
        pass
    assert layer.threads["t"] == {"name": "Named by the bot", "metadata": {}}


async def test_a_layer_that_was_away_gets_everything_in_order(store: SQLiteStore) -> None:
    layer = DictLayer()
    layer.away = OSError("no route")
    for word in ("1", "2", "3"):
        for thread in "abcdef":
            await texts(store, thread, f"{thread}{word}")
    async with delivering(store, lambda: layer) as running:
        await layer.until(lambda: layer.tried >= 8)
        status = await running.status()
        assert (status.waiting, status.problem) == (18, "OSError: no route")
        assert status.oldest_seconds is not None
        layer.away = None
        await texts(store, "a", "a4")
        await layer.until(lambda: len(layer.steps) == 19)
    for thread in "abcdef":
        mine = [text for text in layer.said() if text.startswith(thread)]
        assert mine == sorted(mine)
    status = await running.status()
    assert (status.waiting, status.problem, status.delivered) == (0, None, 19)


async def test_a_call_that_hangs_has_failed(store: SQLiteStore) -> None:
    layer = DictLayer()
    layer.hangs = True
    await texts(store, "a", "a1", "a2")
    async with delivering(store, lambda: layer, timeout=0.05) as running:
        await layer.until(lambda: layer.tried >= 2)
        assert (await running.status()).problem == "TimeoutError: no answer within 0.05 s"
        layer.hangs = False
        await layer.until(lambda: len(layer.steps) == 2)
    assert layer.said() == ["a1", "a2"]


async def test_what_is_refused_stays_with_its_error_and_holds_up_only_its_conversation(store: SQLiteStore) -> None:
    layer = DictLayer()
    layer.refuses = "poison"
    await texts(store, "a", "a1", "poison", "a3")
    async with delivering(store, lambda: layer) as running:
        await layer.until(lambda: layer.tried >= 4)
        for word in range(30):
            await texts(store, f"b{word % 3}", str(word))
        await layer.until(lambda: len(layer.steps) == 31)
    status = await running.status()
    assert (status.waiting, status.problem) == (2, "RuntimeError: this text is not taken")
    [stays] = await store.failed(limit=10)
    assert (stays.conversation, stays.error) == (ref("a").key, "RuntimeError: this text is not taken")
    assert stays.attempts >= 2
    layer.refuses = ""
    async with delivering(store, lambda: layer) as running:
        await layer.until(lambda: len(layer.steps) == 33)
    assert [text for text in layer.said() if text in ("a1", "poison", "a3")] == ["a1", "poison", "a3"]
    assert await store.failed(limit=10) == []


async def test_a_layer_that_always_refuses_some_does_not_keep_the_others_out(store: SQLiteStore) -> None:
    layer = DictLayer()
    layer.refuses = "poison"
    for number in range(20):
        await texts(store, f"p{number}", f"poison {number}")
    async with delivering(store, lambda: layer):
        await layer.until(lambda: layer.tried >= 20)
        await texts(store, "good", "one", "two")
        await layer.until(lambda: layer.said() == ["one", "two"])


async def test_nothing_is_delivered_of_a_conversation_that_is_suspended(store: SQLiteStore) -> None:
    layer = DictLayer()
    layer.hangs = True
    await texts(store, "a", "a1", "a2")
    async with delivering(store, lambda: layer) as running:
        await layer.until(lambda: layer.tried == 1)
        async with running.suspended([ref("a").key]):
            layer.hangs = False
            await texts(store, "a", "a3")
            await texts(store, "b", "b1")
            await layer.until(lambda: layer.said() == ["b1"])
            [first, *_] = await store.due(now=LATER, limit=10)
            assert await store.delivered([first], limit=10) != []  # it was erased
        await layer.until(lambda: layer.said() == ["b1", "a2", "a3"])


async def test_what_the_layer_does_not_know_is_passed_over(store: SQLiteStore) -> None:
    layer = DictLayer()
    await leave(store, StepEdited("nobody", "x"), key="k1")
    await texts(store, "1.1", "after")
    async with delivering(store, lambda: layer):
        await layer.until(lambda: layer.said() == ["after"])


async def test_a_layer_is_made_again_until_it_can_be(store: SQLiteStore) -> None:
    layer, tries = DictLayer(), 0

    async def made() -> DictLayer:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise ConnectionError("the pool is not there")
        return layer

    await texts(store, "a", "hello")
    async with delivering(store, made) as running:
        assert "ConnectionError: the pool is not there" in ((await running.status()).problem or "")
        await layer.until(lambda: layer.said() == ["hello"])
        assert (await running.status()).problem is None
    assert layer.closed


async def test_methods_that_are_not_asynchronous_work_too(store: SQLiteStore) -> None:
    steps: list[Any] = []

    class Plain:
        def __getattr__(self, name: str) -> Any:
            if name in BaseDataLayer.__abstractmethods__:
                return steps.append if name == "create_step" else lambda *args, **named: None
            raise AttributeError(name)

    await texts(store, "a", "one", "two")
    async with delivering(store, Plain):
        pass
    assert [step["output"] for step in steps] == ["one", "two"]


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (asyncio.CancelledError(), "RuntimeError: the call was cancelled by itself"),
        *(
            (error, "HandlerExit: ")
            for error in (SystemExit(1), KeyboardInterrupt(), GeneratorExit(), BaseException("odd"))
        ),
    ],
)
async def test_a_layer_that_ends_more_than_its_call_has_failed(
    store: SQLiteStore, error: BaseException, problem: str
) -> None:
    layer = DictLayer()
    layer.away = error
    await texts(store, "a", "one")
    async with delivering(store, lambda: layer) as running:
        await layer.until(lambda: layer.tried >= 2)
        assert ((await running.status()).problem or "").startswith(problem)
        layer.away = None
        await layer.until(lambda: layer.said() == ["one"])


async def test_a_step_that_a_layer_takes_only_once_is_changed_there(store: SQLiteStore) -> None:
    class Inserts(DictLayer):
        async def create_step(self, step_dict: StepDict) -> None:
            if step_dict.get("id") in self.steps:
                raise RuntimeError("duplicate key")
            await super().create_step(step_dict)

    layer = Inserts()
    layer.threads["t"] = {}
    await texts(store, "a", "hello")
    await leave(store, said("hello")._replace(output="changed"), thread="a", key="k")
    async with delivering(store, lambda: layer):
        await layer.until(lambda: layer.said() == ["changed"])


async def test_the_log_says_once_that_a_layer_fails_and_once_that_it_works(store: SQLiteStore) -> None:
    layer = DictLayer()
    layer.refuses = "poison"
    await texts(store, "a", "poison", "a2")
    with capture_logs() as logs:
        async with delivering(store, lambda: layer):
            await layer.until(lambda: layer.tried)
            await texts(store, "b", *"0123456789")
            await layer.until(lambda: len(layer.steps) == 10)
            before = layer.tried
            await layer.until(lambda: layer.tried > before + 3 * REFUSED)
            layer.refuses = ""
            await layer.until(lambda: "a2" in layer.said())
    said_of_layer = [each["event"] for each in logs if each["event"].startswith("data_layer.")]
    assert said_of_layer == ["data_layer.failing", "data_layer.item_refused", "data_layer.works_again"]


async def test_an_error_that_no_database_takes_is_kept_cut_and_tried_again_after_a_pause(store: SQLiteStore) -> None:
    layer = DictLayer()
    layer.away = RuntimeError("half \ud83d of\x00 " + "x" * 1_000)
    await texts(store, "a", "one")
    async with delivering(store, lambda: layer) as running:
        await layer.until(lambda: layer.tried >= 3)
        problem = (await running.status()).problem or ""
        assert problem.startswith("RuntimeError: half \ufffd of\ufffd xxx") and len(problem) == 500
        [stays] = await store.failed(limit=10)
        assert (stays.error, stays.attempts >= 1) == (problem, True)
        layer.away = None
        await layer.until(lambda: layer.said() == ["one"])


async def test_a_plain_method_that_would_end_the_process_has_failed(store: SQLiteStore) -> None:
    raising, taken = [SystemExit(3)], asyncio.Event()

    class Plain:
        def __getattr__(self, name: str) -> Any:
            if name in BaseDataLayer.__abstractmethods__:
                return self.take
            raise AttributeError(name)

        def take(self, *_: Any, **__: Any) -> None:
            if raising:
                raise raising.pop()
            taken.set()

    await texts(store, "a", "one")
    async with delivering(store, Plain), asyncio.timeout(20):
        await taken.wait()


async def test_one_replica_delivers_and_is_told_of_what_others_put_in(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliverer, "POLL", 60.0)
    replicas = Replicas()
    first, second = DictLayer(), DictLayer()
    async with delivering(store, lambda: first, cluster=replicas.join()):
        await texts(store, "a", "a1")
        await first.until(lambda: first.said() == ["a1"])
        async with delivering(store, lambda: second, cluster=replicas.join()):
            for word in ("a2", "a3"):
                await texts(store, "a", word)  # the store wakes the one that came last
            await first.until(lambda: first.said() == ["a1", "a2", "a3"])
    assert replicas.told == [("outbox.news", {})]  # once of both
    assert second.said() == []


async def test_another_replica_delivers_when_the_first_one_is_gone(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliverer, "STAND_BY", 0.01)
    monkeypatch.setattr(deliverer, "POLL", 0.05)
    monkeypatch.setattr(leadership, "AWAY", 0.1)
    replicas = Replicas()
    first, second = DictLayer(), DictLayer()
    async with delivering(store, lambda: second, cluster=replicas.join()) as standing_by:
        await texts(store, "b", "b1")
        await second.until(lambda: second.said() == ["b1"])
        async with asyncio.timeout(5):
            while (await standing_by.status()).waiting:  # what is not noted is delivered again
                await asyncio.sleep(0.01)
        async with delivering(store, lambda: first, cluster=replicas.join()) as taking:
            async with taking.suspended([ref("a").key]):  # makes it the one that delivers
                await texts(store, "a", "a1")
                await texts(store, "b", "b2")
                await first.until(lambda: first.said() == ["b2"])
            await first.until(lambda: first.said() == ["b2", "a1"])
        await texts(store, "b", "b3")
        await second.until(lambda: second.said() == ["b1", "b3"])
