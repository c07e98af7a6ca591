"""Rate limits, ordered failures, held calls, malformed requests."""

import asyncio
import bisect
import itertools
from typing import Any

import aiohttp
import pytest

from gateway.emulators.teams.emulator import TeamsEmulator
from gateway.emulators.teams.limits import Limits
from gateway.emulators.teams.values import ApiError
from tests.emulators.teams.bot import JSON, Api, card, error_of
from tests.emulators.teams.conftest import signed_in


async def test_sending_too_fast_is_answered_429(http: aiohttp.ClientSession) -> None:
    emulator = TeamsEmulator(limits="real")
    await emulator.start()
    try:
        api, chat = await signed_in(emulator, http), emulator.personal().id
        statuses = [(await api.send(chat))[0] for _ in range(9)]
        assert statuses[:7] == [201] * 7
        assert statuses[-1] == 429
        refusal = error_of(await api.send(chat))
        assert refusal == (429, "Throttled", "Too many requests.")
        assert int(api.headers["Retry-After"]) >= 1
        assert (await api.send(emulator.group.id))[0] == 201
        assert len(emulator.messages("personal")) == statuses.count(201)
    finally:
        await emulator.stop()


DOCUMENTED = {
    "send": [(1, 7), (2, 8), (30, 60), (3600, 1800)],
    "create": [(1, 7), (2, 8), (30, 60), (3600, 1800)],
    "members": [(1, 14), (2, 16), (30, 120), (3600, 3600)],
    "app": [(1, 30)],
    "stream": [(1, 1)],
}


@pytest.mark.parametrize(("name", "windows"), DOCUMENTED.items())
def test_every_window_holds(monkeypatch: pytest.MonkeyPatch, name: str, windows: Any) -> None:
    """As fast as the shorter windows allow, until the longest one says no."""
    now = 1000.0
    monkeypatch.setattr("gateway.emulators.teams.limits.time.monotonic", lambda: now)
    limits = Limits()
    taken: list[float] = []
    while len(taken) < windows[-1][1]:
        try:
            getattr(limits, name)("one")
            taken.append(now)
        except ApiError as error:
            assert error.status == 429
            wait = int(error.headers["Retry-After"])
            assert wait >= 1
            now += 0.5
    for (seconds, most), (number, start) in itertools.product(windows, enumerate(taken)):
        assert bisect.bisect_left(taken, start + seconds) - number <= most
    with pytest.raises(ApiError):
        getattr(limits, name)("one")
    getattr(limits, name)("another")
    now = taken[0] + windows[-1][0]
    if len(windows) == 1:
        getattr(limits, name)("one")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "BotNotRegistered"),
        (403, "BotNotInConversationRoster"),
        (404, "ConversationNotFound"),
        (412, "PreconditionFailed"),
        (413, "MessageSizeTooBig"),
        (429, "Throttled"),
        (500, "ServiceError"),
        (502, "ServiceError"),
        (503, None),
        (504, None),
    ],
)
async def test_ordered_failures(emulator: TeamsEmulator, api: Api, status: int, code: str | None) -> None:
    chat = emulator.personal().id
    emulator.fail_next("send", status=status)
    answered, body = await api.send(chat)
    assert answered == status
    assert "Retry-After" not in api.headers
    assert (body["error"]["code"] if body is not None else None) == code
    assert emulator.calls[-1].status == status
    assert (await api.send(chat))[0] == 201
    assert len(emulator.messages("personal")) == 1


async def test_failures_choose_their_calls(emulator: TeamsEmulator, api: Api) -> None:
    chat = emulator.personal().id
    emulator.fail_next("send", retry_after=7, times=2)
    assert [(await api.send(chat))[0] for _ in range(3)] == [429, 429, 201]
    emulator.fail_next("send", error="BotDisabledByAdmin", status=403, when=lambda a: a["activity"]["text"] == "b")
    assert (await api.send(chat, "a"))[0] == 201
    assert error_of(await api.send(chat, "b"))[:2] == (403, "BotDisabledByAdmin")
    emulator.fail_next("token", status=503)
    async with api.http.post(f"{emulator.world.base}/{emulator.tenant.id}/oauth2/v2.0/token") as answer:
        assert answer.status == 503
    emulator.fail_next("keys", status=500)
    async with api.http.get(f"{emulator.world.base}/v1/.well-known/keys") as answer:
        assert answer.status == 500


async def test_a_lost_answer_leaves_its_effect(emulator: TeamsEmulator, api: Api) -> None:
    chat = emulator.personal().id
    emulator.fail_next("send", status="disconnect", after_effect=True)
    with pytest.raises(aiohttp.ClientError):
        await api.send(chat, "once")
    assert [m["text"] for m in emulator.messages("personal")] == ["once"]
    assert emulator.calls[-1].response is None
    emulator.fail_next("send", status="disconnect")
    with pytest.raises(aiohttp.ClientError):
        await api.send(chat, "never")
    emulator.fail_next("send", status=502, after_effect=True)
    assert (await api.send(chat, "twice"))[0] == 502
    emulator.fail_next("send", status="half")
    with pytest.raises(aiohttp.ClientError):
        await api.send(chat, "half")
    assert [m["text"] for m in emulator.messages("personal")] == ["once", "twice", "half"]


async def test_held_calls_go_on_or_break(emulator: TeamsEmulator, api: Api) -> None:
    chat = emulator.personal().id
    async with emulator.hold("send") as hold:
        task = asyncio.create_task(api.send(chat))
        await hold.reached()
        assert emulator.messages("personal") == []
        hold.release()
        assert (await task)[0] == 201
    for after, count in ((False, 1), (True, 2)):
        with emulator.hold("send", after_effect=after) as hold:
            task = asyncio.create_task(api.send(chat))
            await hold.reached()
            hold.drop()
            with pytest.raises(aiohttp.ClientError):
                await task
        assert len(emulator.messages("personal")) == count


async def test_waiting_for_a_message(emulator: TeamsEmulator, api: Api) -> None:
    waiting = asyncio.create_task(emulator.wait_for_message("personal", lambda m: m["text"] == "now"))
    await api.send(emulator.personal().id, "before")
    _, body = await api.send(emulator.personal().id, "now")
    assert (await waiting)["id"] == body["id"]
    with pytest.raises(TimeoutError):
        await emulator.wait_for(lambda: emulator.calls_to("delete"), timeout=0.01)


async def test_it_comes_back_at_the_same_address(emulator: TeamsEmulator, api: Api) -> None:
    port = int(emulator.world.base.rpartition(":")[2])
    await emulator.stop()
    with pytest.raises(aiohttp.ClientError):
        await api.send(emulator.personal().id)
    await emulator.start(port=port)
    assert (await api.send(emulator.personal().id))[0] == 201
    other = TeamsEmulator()
    with pytest.raises(OSError, match="address already in use"):
        await other.start(port=port)


async def test_malformed_requests(emulator: TeamsEmulator, api: Api) -> None:
    url = f"{api.service_url}v3/conversations/{emulator.personal().id}/activities"
    headers = {"Authorization": f"Bearer {api.token}", "Content-Type": "application/json"}
    for body in (b"", b"{", b"[]", b'"text"', b'{"type":"message","text":' + b"[" * 500 + b"]" * 500 + b"}"):
        async with api.http.post(url, data=body, headers=headers) as answer:
            assert answer.status == 400
            assert (await answer.json())["error"]["code"] in ("BadSyntax", "BadArgument")
    async with api.http.post(url, data=b"{}", headers={**headers, "Content-Type": "text/plain"}) as answer:
        assert answer.status == 415
    for method, path in (("GET", "nothing"), ("PATCH", "v3/conversations"), ("POST", "v3/conversations/a/b/c/d/e")):
        async with api.http.request(method, f"{emulator.world.base}/{path}", json={}, headers=headers) as answer:
            assert answer.status == 404


ODD: list[Any] = [None, "", 7, True, [], {}, [1], [[]], [{}], [{"type": []}], {"type": {}}, {"type": [], "id": {}}]
FIELDS = ("text", "textFormat", "attachments", "entities", "suggestedActions", "channelData", "recipient", "type")
CREATING = ("members", "channelData", "tenantId", "activity", "isGroup")
INSIDE: dict[str, Any] = {
    "hero": lambda odd: {
        "attachments": [{"contentType": "application/vnd.microsoft.card.hero", "content": {"buttons": odd}}]
    },
    "button": lambda odd: {
        "attachments": [{"contentType": "application/vnd.microsoft.card.hero", "content": {"buttons": [odd]}}]
    },
    "card": lambda odd: {"attachments": [card(odd)]},
    "action": lambda odd: {"attachments": [card(actions=(odd,))]},
    "input": lambda odd: {"attachments": [card({"type": "Input.ChoiceSet", "id": odd, "choices": odd, "value": odd})]},
    "date": lambda odd: {"attachments": [card({"type": "Input.Date", "id": "d", "min": odd, "isRequired": odd})]},
    "mention": lambda odd: {"entities": [{"type": "mention", "mentioned": odd, "text": odd}]},
    "root": lambda odd: {
        "entities": [{"type": "https://schema.org/Message", "@type": "Message", "additionalType": odd, "citation": odd}]
    },
    "claim": lambda odd: {
        "entities": [
            {
                "type": "https://schema.org/Message",
                "@type": "Message",
                "citation": [{"@type": "Claim", "position": odd, "appearance": {"name": odd, "keywords": odd}}],
            }
        ]
    },
    "stream": lambda odd: {
        "type": "typing",
        "entities": [{"type": "streaminfo", "streamId": odd, "streamSequence": odd, "streamType": odd}],
    },
    "started": lambda odd: {"type": "typing", "entities": [{"type": "streaminfo", "streamSequence": 1, "x": odd}]},
    "suggestion": lambda odd: {"suggestedActions": {"to": odd, "actions": [odd]}},
    "loop": lambda odd: {"channelData": {"feedbackLoop": odd, "feedbackLoopEnabled": odd}},
    "file": lambda odd: {
        "attachments": [
            {"contentType": "application/vnd.microsoft.teams.card.file.info", "content": odd, "contentUrl": odd}
        ]
    },
}


async def test_nothing_a_bot_may_send_breaks_it(emulator: TeamsEmulator, api: Api) -> None:
    watching = emulator.watch()
    chat = emulator.personal().id
    _, sent = await api.send(chat)
    activities: list[JSON] = [{"type": "message", "text": "x", name: odd} for name in FIELDS for odd in ODD]
    activities += [{"type": "message", "text": "x", **make(odd)} for make in INSIDE.values() for odd in ODD]
    for activity in activities:
        for method, path in (
            ("POST", f"conversations/{chat}/activities"),
            ("PUT", f"conversations/{chat}/activities/{sent['id']}"),
        ):
            status, _ = await api.call(method, path, activity)
            assert status < 500, (method, activity)
    for name in CREATING:
        for odd in ODD:
            given = {"members": [{"id": emulator.ada.id}], "tenantId": emulator.tenant.id, name: odd}
            status, _ = await api.call("POST", "conversations", given)
            assert status < 500, given
    snapshot = emulator.snapshot()
    assert len(snapshot["messages"][chat]) > 1
    assert (await anext(watching))["type"] == "change"
