"""Dead letters, run again or dropped from the pages; pages of many; the store away; a prefix."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.routing import Mount

import gateway as cl
from gateway.drivers.slack.reading import said
from gateway.errors import StoreFailed
from gateway.model import ConversationRef, Envelope
from tests.admin.stage import EVIL, KEY, Stage, address, links, staged, text_of, token_of
from tests.support.layers import DictLayer

pytestmark = [pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def own(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("changes")) as stage:
        yield stage


async def send(http: httpx.AsyncClient, stage: Stage, **fields: str | list[str]) -> httpx.Response:
    token = token_of(await http.get("dead-letters"))
    return await http.post("dead-letters", data={"token": token, **fields}, headers={"Origin": stage.origin})


async def test_a_dead_letter_runs_again_and_the_audit_says_who_did_it(own: Stage) -> None:
    key = await own.key("admin")
    conversation, delivery = await own.dead_letter()
    assert own.running.gateway.store is not None
    async with own.signed_in(key) as http:
        answer = await send(http, own, action="retry", key=delivery)
        assert (answer.status_code, answer.headers["location"]) == (303, "dead-letters?retry=1")
        assert "1 dead letter was put back into the inbox." in text_of(await http.get("dead-letters?retry=1"))
    [line] = await own.audit()
    assert line["action"] == "dead_letters.retried"
    assert (line["count"], line["key"]) == (1, key.split("_")[1])
    assert line["references"] == re.findall(r"Reference: `(\w+)`", (await said(own.slack, "general", "Sorry"))["text"])
    entry = await own.store.delivery(conversation, delivery)
    assert entry is not None
    assert (entry.state, entry.revived) == ("open", True)


async def test_dropping_asks_first_and_then_nothing_is_left(own: Stage) -> None:
    _, delivery = await own.dead_letter("boom, the second")
    before = (await own.store.inbox_size()).dead
    async with own.signed_in() as http:
        asked = await send(http, own, action="drop", key=delivery)
        assert asked.status_code == 200
        assert "Drop 1 dead letter?" in text_of(asked)
        assert (await own.store.inbox_size()).dead == before
        done = await send(http, own, action="drop", key=delivery, confirmed="yes")
        assert done.headers["location"] == "dead-letters?drop=1"
        assert (await own.store.inbox_size()).dead == before - 1
        # As from the page of another tab.
        headers = {"Authorization": f"Bearer {KEY}"}
        form = {"action": "drop", "confirmed": "yes", "key": delivery}
        again = await own.http.post("dead-letters", data=form, headers=headers)
        assert again.headers["location"] == "dead-letters?drop=0"
    assert [line["action"] for line in await own.audit()][-2:] == ["dead_letters.dropped"] * 2


async def test_a_program_changes_with_a_key_in_the_header_and_without_a_token(own: Stage) -> None:
    _, delivery = await own.dead_letter("boom, the third")
    headers = {"Authorization": f"Bearer {KEY}"}
    form = {"action": "drop", "confirmed": "yes", "key": delivery}
    assert (await own.http.post("dead-letters", data=form, headers=headers)).status_code == 303


async def test_long_lists_come_in_pages_of_fifty(own: Stage) -> None:
    ref = ConversationRef(platform="elsewhere", workspace="W", channel="C", thread="T<i>")
    lease = await own.store.claim(ref.key)
    assert lease is not None
    for number in range(60):
        await own.store.put(Envelope(key=f"letter {number}", ref=ref, body={}, received_at=1.0 + number))
        await own.store.bury(lease, f"letter {number}", error=f"error {number}")
    page = await own.get("dead-letters")
    [more] = re.findall(r'href="(dead-letters\?cursor=[^"]+)" rel="next"', page.text)
    rest = await own.get(more)
    seen = [re.findall(r"error (\d+)", each.text) for each in (page, rest)]
    assert [int(number) for numbers in seen for number in numbers] == list(range(59, -1, -1))
    assert len(seen[0]) <= 50
    assert 'rel="next"' not in rest.text
    assert "First page" in text_of(rest)
    form = {"action": "drop", "confirmed": "yes", "key": [f"letter {number}" for number in range(50)]}
    headers = {"Authorization": f"Bearer {KEY}"}
    answer = await own.http.post("dead-letters", data=form, headers=headers)
    assert answer.headers["location"] == "dead-letters?drop=50"


async def test_where_history_is_elsewhere_the_pages_say_where_and_how_the_data_layer_does(tmp_path: Path) -> None:
    layer = DictLayer()
    layer.away = RuntimeError(f"the layer is away {EVIL}")

    def with_layer() -> None:
        @cl.data_layer
        def own() -> DictLayer:
            return layer

    async with staged(tmp_path, with_layer) as stage:
        conversation, delivery = await stage.dead_letter()
        await layer.until(lambda: layer.tried)
        for page in ("search?q=a", "feedback", "thread?id=x"):
            answer = await stage.get(page)
            assert answer.status_code == 409
            assert "data layer that the bot registered" in text_of(answer)
        turn = text_of(await stage.get(address("turn", conversation=conversation, delivery=delivery)))
        assert "Run 1 ended" in turn
        assert "What was said" not in turn
        overview = await stage.get()
        assert "to be delivered" in text_of(overview)
        assert "<script>alert" not in overview.text


async def test_without_history_and_with_a_limit_that_was_met(tmp_path: Path) -> None:
    release = asyncio.Event()

    def holding() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message("holding").send()
            await release.wait()

    async with staged(tmp_path, holding, history="off", turns_per_person=1) as stage:
        for page in ("search", "feedback"):
            answer = await stage.get(page)
            assert (answer.status_code, "GATEWAY_HISTORY=on" in text_of(answer)) == (409, True)
        first = await stage.slack.post("general", "@gateway hold")
        await said(stage.slack, "general", "holding", thread=first)
        await stage.slack.post("general", "@gateway hold")
        async with asyncio.timeout(20):
            while not stage.running.gateway._parts.limits.shown():
                await asyncio.sleep(0.01)
        page = text_of(await stage.get())
        assert "GATEWAY_TURNS_PER_PERSON 1 turns of one person run at the same time" in page
        assert "2 open deliveries" in page
        assert text_of(await stage.get("conversations")).count(" runs ") == 2
        release.set()


async def test_what_is_erased_or_deleted_is_not_in_memory_either(own: Stage) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    conversation, delivery = await own.dead_letter("boom, a secret")
    turn = address("turn", conversation=conversation, delivery=delivery)
    assert "Run 1 ended" in text_of(await own.get(turn))
    [thread] = links(await own.get(address("conversation", key=conversation)), "thread")
    deleted = await own.http.delete(f"{own.origin}/v1/threads/{thread.partition('id=')[2]}", headers=headers)
    assert deleted.status_code == 200
    assert "Run 1 ended" not in text_of(await own.get(turn))
    conversation, delivery = await own.dead_letter("boom, another secret")
    ada = f"slack:{own.slack.team.id}:{own.slack.ada.id}"
    erased = await own.http.delete(f"{own.origin}/v1/users/{quote(ada)}", headers=headers)
    assert erased.status_code == 200
    for page in ("", "dead-letters", address("turn", conversation=conversation, delivery=delivery)):
        assert "another secret" not in (await own.get(page)).text


async def test_while_the_store_is_away_the_pages_say_so_and_show_the_rest(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        await stage.write("hello", "You said: hello")
        reader = stage.store._reader  # type: ignore[attr-defined]

        async def away(*_: object) -> None:
            raise StoreFailed("away")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reader, "read", away)
            overview = await stage.get()
            assert overview.status_code == 200
            assert "the store cannot be read now" in text_of(overview)
            assert "Slack works" in text_of(overview)
            for page in ("dead-letters", "conversations?list=open", "search?q=a", "feedback"):
                answer = await stage.get(page)
                assert answer.status_code == 503
                assert answer.headers["retry-after"] == "5"
            answer = await stage.get("", await _any_key())
            assert answer.status_code == 503
        assert (await stage.get("dead-letters")).status_code == 200


async def _any_key() -> str:
    return f"gw_{'0' * 12}_{'x' * 43}"


@pytest.mark.parametrize(("root_path", "prefix"), [("/bot", "/bot"), ("/bot", ""), ("", "/mounted")])
async def test_the_pages_work_below_a_prefix(tmp_path: Path, root_path: str, prefix: str) -> None:
    async with staged(tmp_path, root_path=root_path) as stage:
        app = stage.running.gateway.asgi
        whole = Starlette(routes=[Mount("/mounted", app)]) if prefix == "/mounted" else app
        transport = httpx.ASGITransport(whole)
        async with httpx.AsyncClient(transport=transport, base_url="http://host.example") as http:
            folder = await http.get(f"{prefix}/admin")
            assert str(folder.next_request and folder.next_request.url) == f"http://host.example{prefix}/admin/"
            page = f"{prefix}/admin/"
            assert (await http.get(page)).status_code == 401
            answer = await http.post(
                f"{page}sign-in", data={"key": KEY, "next": "search"}, headers={"Origin": "http://host.example"}
            )
            assert str(answer.next_request and answer.next_request.url) == f"http://host.example{page}search"
            assert (await http.get(f"{page}search")).status_code == 200
            shown = await http.get(page)
            assert re.findall(r'(?:href|src|action)="(/[^"]*)"', shown.text) == []
            assert (await http.get(f"{page}static/admin.css")).status_code == 200
            assert (await http.get(f"{prefix}/readyz", headers={"x-probe": "1"})).status_code == 200
