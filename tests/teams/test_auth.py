"""Who is believed, and what is sent with which token: nothing is stored, and nothing asked, for an unproven request."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import aiohttp
import orjson
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from adapters.teams.adapter import TeamsAdapter
from adapters.teams.settings import TeamsSettings
from gateway.adapter import AdapterContext
from gateway.emulators.teams.keys import Forgery
from gateway.errors import Draining, Forbidden, Rejected, SettingsError
from gateway.model import Accepted, ConversationRef, Envelope, MessageCreated, Outgoing
from tests.contract.harness import serving
from tests.teams.harness import TeamsHarness, teams_harness
from tests.teams.world import TeamsWorld, adapter_for, settings_for, teams_world


def asked(world: TeamsWorld) -> list[str]:
    return [call.method for call in world.teams.calls if call.method != "keys" and call.method != "openid"]


@pytest.mark.parametrize("how", get_args(Forgery))
async def test_a_forged_request_is_401_stores_nothing_and_asks_nobody(harness: TeamsHarness, how: Forgery) -> None:
    before = asked(harness.world)
    delivery = await harness.world.teams.send_forged(
        how, {"serviceUrl": f"{harness.world.teams.world.base}/elsewhere/"}
    )
    assert (delivery.status, delivery.body) == (401, b"")
    assert (harness.attempts, asked(harness.world)) == (0, before)
    await harness.dm("a real one")  # and nobody else pays for it


async def test_what_is_no_activity_is_400_for_bot_framework_and_401_for_strangers(harness: TeamsHarness) -> None:
    teams = harness.teams
    deep = b'{"type":"message","value":' + b'{"a":' * 980 + b"1" + b"}" * 981
    for body in (b"", b"{", b"[]", b'"text"', b"\xff\xfe", b"[" * 5_000, b'{"a":' * 5_000, deep):
        status, answer = await teams.send_raw(body)
        assert (status, orjson.loads(answer)["error"]["code"]) == (400, "BadSyntax")
        assert (await teams.send_raw(body, {"Content-Type": "application/json"}))[0] == 401
    assert harness.attempts == 0


async def test_json_that_is_nested_too_deep_is_400_and_says_so(harness: TeamsHarness) -> None:
    teams = harness.teams
    activity = teams.backend.activities.of(teams.personal(), teams.ada, "message", text="deep")
    for depth in (120, 980, 1_020):
        value = b'{"a":' * depth + b"1" + b"}" * depth
        status, body = await teams.send_raw(orjson.dumps(activity)[:-1] + b',"value":' + value + b"}")
        assert status == 400
        assert b"nested deeper" in body
    assert harness.attempts == 0
    await harness.dm("a real one")


async def test_a_body_is_bounded(world: TeamsWorld, tmp_path: Path) -> None:
    async with teams_harness(world, tmp_path, max_body_bytes=10_000) as harness:
        big = orjson.dumps({"text": "x" * 10_001})
        assert (await world.teams.send_raw(big, {}))[0] == 413
        assert (await world.teams.send_raw(big))[0] == 413
        assert harness.attempts == 0


async def test_odd_activities_are_acknowledged_and_never_an_error(harness: TeamsHarness) -> None:
    teams = harness.teams
    odd: list[dict[str, Any]] = [
        {"type": "event", "name": "x"},
        {"type": 7},
        {"type": "message", "conversation": "nowhere"},
        {"type": "message", "from": None, "text": "x"},
        {"type": "message", "text": None, "attachments": [{"contentType": 5}, None]},
        {"type": "message", "entities": [{"type": "mention"}, 3], "text": "<at>x"},
        {"type": "message", "value": {"strange": True}},
        {"type": "messageReaction", "reactionsAdded": [{}]},
        {"type": "conversationUpdate", "membersAdded": "all"},
        {"type": "installationUpdate", "action": ["add"]},
        {"type": "invoke", "name": "never/heard", "value": 3},
        {"type": "invoke", "name": "task/fetch", "value": "x"},
        {"type": "invoke", "name": "message/submitAction", "value": {"actionValue": {"feedback": "{"}}},
        {"type": "invoke", "name": "message/submitAction", "value": {"actionValue": {"feedback": "[" * 5_000}}},
    ]
    usual = teams.backend.activities.of(teams.personal(), teams.ada, "event")
    for number, activity in enumerate(odd):
        status, _ = await teams.send_raw(orjson.dumps({**usual, "id": str(number), **activity}))
        assert status == 200, activity
    assert [type(event) for event in harness.events] == [MessageCreated] * 2


async def test_half_an_emoji_costs_one_character_not_the_message(harness: TeamsHarness) -> None:
    teams = harness.teams
    activity = teams.backend.activities.of(teams.personal(), teams.ada, "message", text="cut here")
    raw = orjson.dumps(activity).replace(b"cut here", b"cut \\ud83d here \\ud83d\\ude00")
    assert (await teams.send_raw(raw))[0] == 200
    assert (await harness.heard(MessageCreated)).text == "cut ? here 😀"


async def test_a_slash_or_the_hosts_case_makes_no_other_service_url(harness: TeamsHarness) -> None:
    teams = harness.teams
    genuine = teams.world.service_url(teams.tenant.id)
    activity = teams.backend.activities.of(teams.personal(), teams.ada, "message", text="hi", serviceUrl=genuine[:-1])
    headers = {"Authorization": teams.authorization(), "Content-Type": "application/json"}
    assert (await teams.send_raw(orjson.dumps(activity), headers))[0] == 200
    activity["serviceUrl"] = f"{genuine}more/"
    assert (await teams.send_raw(orjson.dumps(activity), headers))[0] == 401
    del activity["serviceUrl"]
    assert (await teams.send_raw(orjson.dumps(activity), headers))[0] == 401


async def test_a_token_is_remembered_with_the_service_url_it_was_given_for(harness: TeamsHarness) -> None:
    teams = harness.teams
    own = teams.world.service_url(teams.tenant.id)
    headers = {"Authorization": teams.authorization(f"{own}more/"), "Content-Type": "application/json"}
    for service, status in ((own, 401), (own, 401), (f"{own}more/", 200), (own, 401)):
        activity = teams.backend.activities.of(teams.personal(), teams.ada, "message", text="hi", serviceUrl=service)
        assert (await teams.send_raw(orjson.dumps(activity), headers))[0] == status, service


async def test_the_case_of_an_app_id_makes_no_other_bot(harness: TeamsHarness) -> None:
    teams = harness.teams
    service = teams.world.service_url(teams.tenant.id)
    activity = orjson.dumps(teams.backend.activities.of(teams.personal(), teams.ada, "message", text="hi"))
    for audience, status in ((teams.app_id.upper(), 200), ([teams.app_id], 401), ("", 401)):
        token = teams.keys.sign({**teams.keys._claims(service), "aud": audience})
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        assert (await teams.send_raw(activity, headers))[0] == status, audience


async def test_a_new_key_is_looked_for_once_and_an_unknown_one_not_again_and_again(harness: TeamsHarness) -> None:
    teams = harness.teams
    await harness.dm("before")
    fetched = len(teams.calls_to("keys"))
    teams.rotate_keys(keep_old=False)
    await harness.dm("after")
    assert len(teams.calls_to("keys")) == fetched + 1
    for _ in range(5):
        assert (await teams.send_forged("unknown_key")).status == 401
    assert len(teams.calls_to("keys")) == fetched + 1


async def test_a_believed_token_is_not_verified_again(harness: TeamsHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    await harness.dm("first")

    async def never(*_: object) -> None:
        raise AssertionError("it was verified already")

    monkeypatch.setattr("botframework.connector.auth.jwt_token_extractor.JwtTokenExtractor._validate_token", never)
    await harness.dm("second")


async def test_another_tenant_is_not_served_by_a_single_tenants_bot(harness: TeamsHarness) -> None:
    teams = harness.teams
    other = teams.add_tenant("Elsewhere")
    stranger = teams.add_user("Eve", tenant=other)
    delivery = await teams.emit({"type": "message", "text": "hi"}, user=stranger.id)
    assert (delivery.status, harness.attempts) == (401, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"channelId": None},
        {"channelId": ""},
        {"channelId": ["msteams"]},
        {"channelId": "MSTEAMS "},
        {"conversation": {"id": "a:1", "conversationType": "personal"}, "channelData": None},
        {"conversation": {"id": "a:1", "tenantId": ""}, "channelData": {"tenant": {"id": ""}}},
        {"conversation": {"id": "a:1", "tenantId": 7}, "channelData": {"tenant": "x"}},
        {"channelData": {"tenant": {"id": "11111111-2222-3333-4444-555555555555"}}},
        {"serviceUrl": None},
        {"serviceUrl": ""},
    ],
)
async def test_a_field_that_is_left_out_is_no_check_that_is_left_out(
    harness: TeamsHarness, changes: dict[str, Any]
) -> None:
    """Genuinely signed, but without what the checks compare: the channel, the tenant, the service URL."""
    teams = harness.teams
    activity = teams.backend.activities.of(teams.personal(), teams.ada, "message", text="hi") | changes
    left_out = {name: value for name, value in activity.items() if value is not None}
    assert (await teams.send_raw(orjson.dumps(left_out)))[0] == 401
    assert harness.attempts == 0


async def test_blanks_and_a_byte_order_mark_before_an_activity_do_no_harm(harness: TeamsHarness) -> None:
    teams = harness.teams
    for number, before in enumerate((b"\r\n ", b"\xef\xbb\xbf")):
        activity = teams.backend.activities.of(teams.personal(), teams.ada, "message", text="hi", id=str(number))
        assert (await teams.send_raw(before + orjson.dumps(activity)))[0] == 200
    assert [event.text for event in harness.events if isinstance(event, MessageCreated)] == ["hi", "hi"]


@pytest.mark.parametrize(
    ("given", "only"),
    [
        ({"app_tenant_id": "t"}, "t"),
        ({"app_tenant_id": "t", "any_tenant": True}, None),
        ({"app_tenant_id": "t", "app_type": "UserAssignedMSI"}, "t"),
        ({"app_type": "UserAssignedMSI"}, None),
        ({"app_tenant_id": "t", "app_type": "MultiTenant"}, None),
    ],
)
def test_whose_activities_are_taken(given: dict[str, Any], only: str | None) -> None:
    assert TeamsSettings(_env_file=None, app_id="a", app_password="p", **given).only_tenant == only


async def test_people_of_other_tenants_are_served_where_that_is_wanted(world: TeamsWorld, tmp_path: Path) -> None:
    stranger = world.teams.add_user("Eve", tenant=world.teams.add_tenant("Elsewhere"))
    async with serving(AnyTenant(world.teams), tmp_path, TeamsHarness) as harness:
        delivery = await world.teams.emit({"type": "message", "text": "hi"}, user=stranger.id)
        assert delivery.status == 200
        event = await harness.heard(MessageCreated)
        await harness.adapter.send(event.ref, Outgoing(text="hello"), key="k")
        assert world.teams.messages(world.teams.personal(stranger.id).id)[-1]["text"] == "hello"


class AnyTenant(TeamsWorld):
    """Its adapter serves every tenant with a single tenant's credentials."""

    def adapter(self, context: AdapterContext, *, wrong_token: bool = False) -> TeamsAdapter:
        return adapter_for(self.teams, context, any_tenant=True)


async def test_what_comes_by_another_channel_of_the_bot_is_not_served(harness: TeamsHarness) -> None:
    """There people choose their own ids: they could pass for anybody."""
    harness.teams.rotate_keys(endorsed=("msteams", "webchat"))
    delivery = await harness.teams.emit({"type": "message", "text": "hi", "channelId": "webchat"})
    assert (delivery.status, harness.attempts) == (401, 0)


async def test_while_keys_cannot_be_had_the_old_ones_do_and_nobody_waits_for_new_ones(
    harness: TeamsHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    teams = harness.teams
    await harness.dm("before")
    asked = len(teams.calls_to("openid"))
    monkeypatch.setattr("adapters.teams.keys.MAX_AGE", 0.0)
    teams.fail_next("openid", status=500, times=100)
    for _ in range(5):
        harness.adapter._webhook._verifier._known.clear()  # type: ignore[union-attr]
        await harness.dm("again")
    assert len(teams.calls_to("openid")) == asked + 1


async def test_a_keys_service_that_hangs_keeps_nobody_waiting_for_long(
    harness: TeamsHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    teams = harness.teams
    monkeypatch.setattr("adapters.teams.keys.MAX_AGE", 0.0)
    monkeypatch.setattr("adapters.teams.keys._PATIENCE", aiohttp.ClientTimeout(total=0.1))
    with teams.hold("openid") as hold:
        await harness.dm("served by the keys there are")
        hold.release()


async def test_many_tenants_are_served_where_the_app_is_for_many(world: TeamsWorld) -> None:
    stranger = world.teams.add_user("Eve", tenant=world.teams.add_tenant("Elsewhere"))
    adapter = adapter_for(world.teams, app_type="MultiTenant")
    with Client(adapter) as client:
        activity = world.teams.backend.activities.of(
            world.teams.personal(stranger.id), stranger, "message", text="hi", id="1"
        )
        headers = {"Authorization": world.teams.authorization(activity["serviceUrl"])}
        # Not connected, so there are no keys: neither believed nor denied.
        assert client.post(activity, headers) == 503


class Client:
    """An adapter's routes without a network."""

    def __init__(self, adapter: TeamsAdapter) -> None:
        self.stored: list[Envelope] = []
        self.failure: Exception | None = None
        self._client = TestClient(Starlette(routes=list(adapter.routes(self.accept))))

    async def accept(self, envelope: Envelope) -> Accepted:
        if self.failure is not None:
            raise self.failure
        self.stored.append(envelope)
        return Accepted(status="new")

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def post(self, activity: dict[str, Any], headers: dict[str, str], *, path: str = "/teams/events") -> int:
        given = {"Content-Type": "application/json", **headers}
        return self._client.post(path, content=orjson.dumps(activity), headers=given).status_code


@pytest.fixture
async def anonymous() -> AsyncIterator[TeamsWorld]:
    async with teams_world(anonymous=True) as world:
        yield world


async def test_anonymous_works_on_loopback_without_any_token(anonymous: TeamsWorld, tmp_path: Path) -> None:
    async with teams_harness(anonymous, tmp_path) as harness:
        post, ref = await harness.dm("from the Agents Playground")
        await harness.adapter.send(ref, Outgoing(text="hello"), key="k")
        assert [message.text for message in harness.said(post)] == ["hello"]
        assert anonymous.teams.calls_to("token") == []
        assert harness.adapter.health() is None


def test_anonymous_is_refused_where_others_can_reach_the_gateway() -> None:
    with pytest.raises(SettingsError, match="GATEWAY_HOST"):
        TeamsAdapter(TeamsSettings(_env_file=None, auth="anonymous"), AdapterContext(loopback=False))


def test_anonymous_believes_only_connectors_of_this_machine_and_no_web_page(anonymous: TeamsWorld) -> None:
    adapter = TeamsAdapter(TeamsSettings(_env_file=None, auth="anonymous"), AdapterContext(loopback=True))
    person = anonymous.teams.ada
    activity = anonymous.teams.backend.activities.of(anonymous.teams.personal(), person, "message", text="x", id="1")
    with Client(adapter) as client:
        assert client.post(activity, {}, path="/api/messages") == 200
        assert client.post(activity, {"Content-Type": "text/plain"}) == 401
        assert client.post(activity, {"Origin": "http://rebound.example:8000"}) == 401
        assert client.post({**activity, "serviceUrl": "http://169.254.169.254/"}, {}) == 401
        assert client.post({**activity, "serviceUrl": "https://evil.example/"}, {}) == 401
        assert len(client.stored) == 1
        client.failure = Draining("shutting down")
        assert client.post(activity, {}) == 503
        client.failure = OSError("the disk is full")
        assert client.post(activity, {}) == 500


# -- the bot's own token


async def test_one_token_serves_many_sends_and_one_that_is_refused_is_renewed_once(harness: TeamsHarness) -> None:
    teams = harness.teams
    _, ref = await harness.dm()
    await asyncio.gather(*(harness.adapter.send(ref, Outgoing(text=str(n)), key=str(n)) for n in range(5)))
    assert len(teams.calls_to("token")) == 1
    teams.login.revoke()
    await harness.adapter.send(ref, Outgoing(text="again"), key="k")
    assert len(teams.calls_to("token")) == 2
    teams.fail_next("send", status=401, times=2)
    with pytest.raises(Forbidden, match="TEAMS_APP_PASSWORD"):
        await harness.adapter.send(ref, Outgoing(text="never"), key="k2")


async def test_a_token_near_its_end_is_not_used_any_more(tmp_path: Path) -> None:
    async with teams_world(token_seconds=0) as world, teams_harness(world, tmp_path) as harness:
        _, ref = await harness.dm()
        before = len(world.teams.calls_to("token"))
        with pytest.raises(Forbidden):  # it is over before it arrives
            await harness.adapter.send(ref, Outgoing(text="x"), key="k")
        assert len(world.teams.calls_to("token")) > before


async def test_a_managed_identity_needs_no_password_and_its_token_serves_many_sends(world: TeamsWorld) -> None:
    given = {name.lower(): value for name, value in world.teams.managed_identity().items() if name.startswith("IDENT")}
    settings = settings_for(world.teams, app_password=None, app_type="UserAssignedMSI", **given)
    assert settings.configured
    adapter = TeamsAdapter(settings, AdapterContext())
    personal = world.teams.personal().id
    route = {"service": f"{world.teams.world.base}/"}
    ref = ConversationRef(platform="teams", workspace="t", channel=personal, kind="dm", route=route)
    async with adapter.connect(_never):
        assert adapter.health() is None
        for n in range(3):
            await adapter.send(ref, Outgoing(text="hello"), key=str(n))
        # App Service says when the token ends, not how long it lives.
        assert len(world.teams.calls_to("managed_identity")) == 1


async def test_a_managed_identity_that_is_not_there_is_not_blamed_on_a_password(world: TeamsWorld) -> None:
    given = {name.lower(): value for name, value in world.teams.managed_identity().items() if name.startswith("IDENT")}
    unknown = "00000000-0000-0000-0000-000000000001"
    settings = settings_for(world.teams, app_id=unknown, app_password=None, app_type="UserAssignedMSI", **given)
    with pytest.raises(SettingsError, match=r"managed identity.*Identity not found") as refused:
        async with TeamsAdapter(settings, AdapterContext()).connect(_never):
            pass
    assert "PASSWORD" not in str(refused.value)


async def _never(envelope: Envelope) -> Accepted:
    raise AssertionError("nothing is delivered here")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"app_password": "wrong"}, "TEAMS_APP_PASSWORD"),
        ({"app_id": "00000000-0000-0000-0000-000000000001"}, "TEAMS_APP_ID"),
        ({"app_tenant_id": "00000000-0000-0000-0000-000000000002"}, "TEAMS_APP_TENANT_ID"),
    ],
)
async def test_wrong_credentials_name_their_setting(world: TeamsWorld, changes: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError, match=named) as refused:
        async with adapter_for(world.teams, **changes).connect(_never):
            pass
    assert world.teams.password not in str(refused.value)


async def test_keys_that_cannot_be_had_are_health_and_503_not_401(world: TeamsWorld, tmp_path: Path) -> None:
    world.teams.fail_next("openid", times=1_000, status=503)
    async with teams_harness(world, tmp_path) as harness:
        assert "openid" in str(harness.adapter.health())
        said = await world.teams.say("personal", "hello?")
        await world.teams.settled()
        assert [delivery.status for delivery in world.teams.deliveries.of(said)] == [503]
        assert harness.attempts == 0


@pytest.mark.parametrize(
    ("given", "configured", "missing"),
    [
        ({}, False, None),
        ({"app_id": "a"}, False, "TEAMS_APP_PASSWORD"),
        ({"app_password": "p"}, False, "TEAMS_APP_ID"),
        ({"app_id": "a", "app_password": "p"}, True, None),
        ({"app_id": "a", "app_password": "p", "app_tenant_id": "t"}, True, None),
        ({"app_id": "a", "app_password": "p", "app_type": "SingleTenant"}, False, "TEAMS_APP_TENANT_ID"),
        ({"app_id": "a", "app_type": "UserAssignedMSI"}, True, None),
        ({"auth": "anonymous"}, True, None),
    ],
)
def test_what_is_still_to_be_set_is_named(given: dict[str, Any], configured: bool, missing: str | None) -> None:
    settings = TeamsSettings(_env_file=None, **given)
    assert settings.configured is configured
    assert (missing in str(settings.missing)) if missing else settings.missing is None


async def test_a_conversation_nobody_verified_is_sent_nothing(harness: TeamsHarness) -> None:
    _, ref = await harness.dm()
    before = asked(harness.world)
    for service in ("", "http://10.0.0.1/", "file:///etc/", "ftp://x/", "https://x:port/"):
        route = {**ref.route, "service": service}
        with pytest.raises(Rejected):
            await harness.adapter.send(replace(ref, route=route), Outgoing(text="x"), key=service)
    assert asked(harness.world) == before
