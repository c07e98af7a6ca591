"""Signing in both ways: the bot's access tokens, and the tokens of what the bot is sent."""

import functools
from typing import Any, get_args

import aiohttp
import jwt
import pytest
import requests
from botframework.connector.auth import (  # type: ignore[import-untyped]
    JwtTokenValidation,
    SimpleCredentialProvider,
)
from botframework.connector.auth.channel_validation import ChannelValidation  # type: ignore[import-untyped]

from gateway.emulators.teams.emulator import TeamsEmulator
from gateway.emulators.teams.keys import Forgery
from tests.emulators.teams.bot import Api, Bot
from tests.emulators.teams.conftest import signed_in


@pytest.mark.parametrize("how", get_args(Forgery))
async def test_a_forged_token_is_refused(emulator: TeamsEmulator, bot: Bot, how: Forgery) -> None:
    delivery = await emulator.send_forged(how)
    assert delivery.status == 401
    assert bot.activities == []
    await emulator.delivered(await emulator.say("personal", "genuine"))


async def test_raw_requests_and_headers(emulator: TeamsEmulator, bot: Bot) -> None:
    assert (await emulator.send_raw(b"{"))[0] == 401
    assert (await emulator.send_raw(b"{}", {}))[0] == 401
    assert emulator.authorization() == emulator.authorization()
    assert emulator.authorization() != emulator.authorization("https://elsewhere.example/")


async def test_the_old_key_stays_for_a_while_or_vanishes(emulator: TeamsEmulator, bot: Bot) -> None:
    async def ids() -> list[str]:
        url = f"{emulator.world.base}/v1/.well-known/keys"
        async with aiohttp.ClientSession() as http, http.get(url) as answer:
            return [key["kid"] for key in (await answer.json())["keys"]]

    first = (await ids())[0]
    second = emulator.rotate_keys()
    assert second != first
    assert jwt.get_unverified_header(emulator.authorization().removeprefix("Bearer "))["kid"] == second
    assert {first, second} < set(await ids())
    await emulator.delivered(await emulator.say("personal", "with the new key"))
    third = emulator.rotate_keys(keep_old=False)
    assert not {first, second} & set(await ids())
    assert third in await ids()
    await emulator.delivered(await emulator.say("personal", "with the newest"))


async def test_the_real_sdk_believes_genuine_tokens_only(
    emulator: TeamsEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents: dict[str, Any] = {}
    async with aiohttp.ClientSession() as http:
        for path in ("openidconfiguration", "keys"):
            url = f"{emulator.world.base}/v1/.well-known/{path}"
            async with http.get(url) as answer:
                documents[url] = await answer.json()

    class Fetched:
        def __init__(self, url: str) -> None:
            self.json = functools.partial(documents.__getitem__, url)
            self.raise_for_status = lambda: None

    # The SDK fetches with requests, which would block the loop that is to answer it.
    monkeypatch.setattr(requests, "get", Fetched)
    url = emulator.environment()["TEAMS_OPENID_METADATA_URL"]
    monkeypatch.setattr(ChannelValidation, "open_id_metadata_endpoint", url)
    service_url = emulator.world.service_url(emulator.tenant.id)
    credentials = SimpleCredentialProvider(emulator.app_id, emulator.password)

    async def believed(authorization: str | None) -> bool:
        try:
            claims = await JwtTokenValidation.validate_auth_header(
                authorization or "", credentials, "", "msteams", service_url
            )
        except Exception:
            return False
        return bool(claims.is_authenticated)

    assert await believed(emulator.authorization())
    for how in get_args(Forgery):
        assert not await believed(emulator.keys.forge(how, service_url)), how


async def test_an_access_token_for_the_connector(emulator: TeamsEmulator, api: Api) -> None:
    status, body = await api.sign_in()
    assert status == 200
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3599)
    assert (await api.send(emulator.personal().id))[0] == 201
    assert (await api.sign_in(tenant="botframework.com"))[0] == 200


@pytest.mark.parametrize(
    ("changed", "status", "error", "number"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": ""}, 401, "invalid_client", 7000218),
        ({"client_id": "somebody-else"}, 400, "unauthorized_client", 700016),
        ({"tenant": "nowhere"}, 400, "invalid_request", 90002),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"scope": "https://api.botframework.com"}, 400, "invalid_scope", 1002012),
        ({"scope": "https://graph.microsoft.com/.default"}, 400, "invalid_resource", 500011),
    ],
)
async def test_a_refused_sign_in(
    emulator: TeamsEmulator, api: Api, changed: dict[str, str], status: int, error: str, number: int
) -> None:
    api.token = ""
    answered, body = await api.sign_in(**changed)
    assert (answered, body["error"], body["error_codes"]) == (status, error, [number])
    assert body["error_description"].startswith(f"AADSTS{number}: ")
    assert api.token == ""
    assert emulator.password not in str(emulator.calls_to("token"))


async def test_the_connector_wants_a_good_token(emulator: TeamsEmulator, api: Api) -> None:
    chat = emulator.personal().id
    for token in ("", "nonsense", emulator.authorization().removeprefix("Bearer ")):
        api.token = token
        assert await api.send(chat) == (401, {"message": "Authorization has been denied for this request."})
    await api.sign_in()
    emulator.login.revoke()
    assert (await api.send(chat))[0] == 401
    assert emulator.messages("personal") == []


async def test_a_token_expires(http: aiohttp.ClientSession) -> None:
    emulator = TeamsEmulator(token_seconds=0)
    await emulator.start()
    try:
        api = await signed_in(emulator, http)
        assert (await api.send(emulator.personal().id))[0] == 401
    finally:
        await emulator.stop()


async def test_a_managed_identity_needs_no_secret(emulator: TeamsEmulator, api: Api) -> None:
    found = emulator.managed_identity()
    query = {"api-version": "2019-08-01", "resource": "https://api.botframework.com"}
    headers = {"X-IDENTITY-HEADER": found["IDENTITY_HEADER"]}
    async with api.http.get(found["IDENTITY_ENDPOINT"], params=query, headers=headers) as answer:
        assert answer.status == 200
        api.token = (await answer.json())["access_token"]
    assert (await api.send(emulator.personal().id))[0] == 201
    async with api.http.get(found["IDENTITY_ENDPOINT"], params=query) as answer:
        assert answer.status == 400
    machine = f"{found['AZURE_POD_IDENTITY_AUTHORITY_HOST']}/metadata/identity/oauth2/token"
    async with api.http.get(machine, params=query, headers={"Metadata": "true"}) as answer:
        assert (await answer.json())["resource"] == "https://api.botframework.com"
    for wrong in ({"resource": "https://graph.microsoft.com"}, {"client_id": "another"}):
        async with api.http.get(machine, params=query | wrong, headers={"Metadata": "true"}) as answer:
            assert answer.status == 400


async def test_anonymous_mode_asks_for_no_token_and_sends_none(http: aiohttp.ClientSession) -> None:
    emulator = TeamsEmulator(anonymous=True, answer_timeout=1.5)
    await emulator.start()
    try:
        assert emulator.environment() == {"TEAMS_AUTH": "anonymous"}
        api = Api(http, {}, emulator.world.service_url(emulator.tenant.id))
        assert (await api.send(emulator.personal().id))[0] == 201
        assert "Authorization" not in emulator.deliveries.headers({"serviceUrl": "x"})
    finally:
        await emulator.stop()
