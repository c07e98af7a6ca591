"""One app in many workspaces: people install it, each workspace has its own token, removals and rotation."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from structlog.testing import capture_logs

import gateway as cl
from adapters.slack import rotation
from adapters.slack.api import SlackHttp
from adapters.slack.manifest import SCOPES
from adapters.slack.oauth import OAuth
from adapters.slack.settings import SlackSettings
from gateway.chat.registry import Callbacks
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.errors import Forbidden, SettingsError, Unavailable
from gateway.model import CommandInvoked, ConversationRef, Outgoing, UserRef
from gateway.runtime.cipher import new_key
from tests.slack.oauth import KEY, Distributed, OAuthWorld, browsing, distributed, installed, workspace
from tests.slack.world import slack_world
from tests.support.bot import register
from tests.support.emulators import started

ENDED: list[str] = []


def echo() -> None:
    """Answer with what was said, and note which conversations end."""

    @cl.on_message
    async def main(message: cl.Message) -> None:
        await cl.Message(f"heard {message.content}").send()

    @cl.on_chat_end
    async def end() -> None:
        ENDED.append(cl.context.conversation.split(":")[1])


@pytest.fixture
def bot() -> Callbacks:
    ENDED.clear()
    return register(echo)


@pytest.fixture
async def slack() -> AsyncIterator[SlackEmulator]:
    async with started(SlackEmulator(limits="off", retry_delays=(0.05, 0.1, 0.2))) as emulator:
        for team in ("T0ONE", "T0TWO"):
            workspace(emulator, team)
        yield emulator


async def answer(here: Distributed, channel: str, text: str, ts: str) -> dict[str, Any]:
    """Wait for the bot's answer in a thread."""
    return await here.slack.wait_for_message(
        channel, lambda m: bool(m.get("bot_id")) and text in m["text"], thread_ts=ts, timeout=10
    )


async def talk(here: Distributed, team: str, text: str) -> dict[str, Any]:
    """Let Ada mention the bot in a workspace's channel, and return its answer."""
    ts = await here.slack.post(f"{team}/general", f"@gateway {text}", user="U0ADA")
    await here.slack.delivered(ts)
    return await answer(here, f"{team}/general", f"heard {text}", ts)


# -- installing


async def test_workspaces_that_installed_the_app_are_answered_each_with_its_own_token(
    slack: SlackEmulator, bot: Callbacks, tmp_path: Path
) -> None:
    async with distributed(slack, bot, tmp_path) as here:
        assert await here.ready() == (200, (await here.ready())[1])
        page = await here.browser.install("T0ONE")
        assert page.status == 200 and "slack://app?team=T0ONE&amp;id=A0GATEWAY" in page.text
        await here.browser.install("T0TWO")
        for team in ("T0ONE", "T0TWO"):
            said = await talk(here, team, "hello")
            assert said["team"] == team
        assert sorted(await here.stored()) == ["T0ONE", "T0TWO"]


async def test_workspaces_that_share_channel_person_and_time_are_told_apart(
    slack: SlackEmulator, bot: Callbacks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with distributed(slack, bot, tmp_path) as here:
        for team in ("T0ONE", "T0TWO"):
            await here.browser.install(team)
        now = f"{time.time():.6f}"
        with monkeypatch.context() as still:
            still.setattr(slack.world.clock, "ts", lambda: now)
            for team in ("T0ONE", "T0TWO"):
                await slack.post(f"{team}/general", f"@gateway in {team}", user="U0ADA")
        for team in ("T0ONE", "T0TWO"):
            await answer(here, f"{team}/general", f"heard in {team}", now)
            said = [m["text"] for m in slack.messages(f"{team}/general") if m.get("bot_id")]
            assert len(said) == 1 and team in said[0]


async def test_two_installations_of_one_workspace_at_once_leave_one(
    slack: SlackEmulator, bot: Callbacks, tmp_path: Path
) -> None:
    async with distributed(slack, bot, tmp_path) as here, browsing(slack, here.bot.url) as other:
        pages = await asyncio.gather(here.browser.install("T0ONE"), other.install("T0ONE"))
        assert [page.status for page in pages] == [200, 200]
        assert list(await here.stored()) == ["T0ONE"]
        await talk(here, "T0ONE", "hello")


async def test_tokens_are_in_no_page_no_log_and_not_in_the_database(
    slack: SlackEmulator, bot: Callbacks, tmp_path: Path
) -> None:
    slack.oauth.rotation = True
    with capture_logs() as logs:
        async with distributed(slack, bot, tmp_path) as here:
            page = await here.browser.install("T0ONE")
            code = parse_qs(urlsplit(page.url).query)["code"][0]
            await talk(here, "T0ONE", "hello")
    with sqlite3.connect(tmp_path / "gateway.db") as database:
        kept = "".join(str(row) for row in database.execute("SELECT body FROM documents"))
    assert "secret" in kept
    for secret in (*slack.world.tokens, code):
        assert secret not in page.text
        assert secret not in str(logs)
        assert secret not in kept


async def begun(here: Distributed, where: str = "T0ONE") -> str:
    """Return the address to which Slack sends the browser after a choice."""
    return await here.browser.decide(await here.browser.begin(), where)


async def test_an_installation_that_is_cancelled_changes_nothing(
    slack: SlackEmulator, bot: Callbacks, tmp_path: Path
) -> None:
    async with distributed(slack, bot, tmp_path) as here:
        page = await here.browser.install("cancel")
        assert page.status == 403 and "cancelled" in page.text and "/slack/install" in page.text
        assert await here.stored() == {}


async def test_a_state_counts_once_and_in_its_own_browser_only(
    slack: SlackEmulator, bot: Callbacks, tmp_path: Path
) -> None:
    async with distributed(slack, bot, tmp_path) as here, browsing(slack, here.bot.url) as stranger:
        url = await begun(here)
        assert (await stranger.open(url)).status == 400
        await stranger.begin()  # a cookie of its own changes nothing
        assert (await stranger.open(url)).status == 400
        assert await here.stored() == {}
        base, _, query = url.partition("?")
        for bad in (
            "",
            "code=x",
            f"code=x&state={'a' * 5_000}",
            "code=x&state=%C3%A4",
            query.replace("state=", "state=x"),
            "state=&error=x",
        ):
            page = await here.browser.open(f"{base}?{bad}")
            assert page.status == 400 and "Not installed" in page.text
        kept = here.browser.cookies
        assert (await here.browser.open(url)).status == 200
        assert (await here.browser.open(url)).status == 400
        here.browser.cookies = kept
        again = await here.browser.open(url)
        assert again.status == 400 and "already" in again.text
        assert slack.calls_to("oauth.v2.access")[1:] == []


async def test_a_state_is_valid_for_ten_minutes(
    slack: SlackEmulator, bot: Callbacks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with distributed(slack, bot, tmp_path) as here:
        url = await begun(here)
        states = here.adapter._distribution._install._parts.states  # type: ignore[union-attr]
        monkeypatch.setattr(states, "_now", lambda: time.time() + 601)
        page = await here.browser.open(url)
        assert page.status == 400 and "ten minutes" in page.text


async def test_the_cookie_of_an_installation_is_for_this_server_alone(
    slack: SlackEmulator, bot: Callbacks, tmp_path: Path
) -> None:
    url = "https://bot.example/bot"
    async with (
        distributed(slack, bot, tmp_path, public_url=url) as here,
        aiohttp.ClientSession() as session,
        session.get(f"{here.bot.url}/slack/install?team=T0ONE", allow_redirects=False) as response,
    ):
        cookie = response.headers["Set-Cookie"]
        assert {"HttpOnly", "Secure", "Max-Age=600", "Path=/bot/slack", "SameSite=lax"} <= set(cookie.split("; "))
        asked = parse_qs(urlsplit(response.headers["Location"]).query)
        assert asked["redirect_uri"] == [f"{url}/slack/oauth_redirect"]
        assert asked["team"] == ["T0ONE"]


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"status": 503}, 503),
        ({"status": "disconnect"}, 503),
        ({"retry_after": 3}, 503),
        ({"error": "invalid_code"}, 400),
        ({"error": "bad_client_secret"}, 502),
    ],
)
async def test_an_exchange_that_fails_is_said_and_can_be_begun_again(
    slack: SlackEmulator, bot: Callbacks, tmp_path: Path, fault: dict[str, Any], status: int
) -> None:
    async with distributed(slack, bot, tmp_path) as here:
        slack.fail_next("oauth.v2.access", **fault)
        page = await here.browser.install("T0ONE")
        assert page.status == status and "Start again" in page.text
        assert await here.stored() == {}
        assert (await here.browser.install("T0ONE")).status == 200


async def test_another_apps_database_is_not_taken(slack: SlackEmulator, bot: Callbacks, tmp_path: Path) -> None:
    async with distributed(slack, bot, tmp_path) as here:
        await here.browser.install("T0ONE")
        slack.world.app_id = "A0OTHER"
        page = await here.browser.install("T0TWO")
        assert page.status == 409 and list(await here.stored()) == ["T0ONE"]


# -- deliveries and sends


async def test_a_workspace_without_the_app_is_acknowledged_counted_and_logged_once(
    slack: SlackEmulator, bot: Callbacks, tmp_path: Path
) -> None:
    async with distributed(slack, bot, tmp_path) as here:
        slack.world.teams["T0ONE"].installed = True  # Slack thinks so, and the gateway does not know
        with capture_logs() as logs:
            for text in ("one", "two"):
                await slack.delivered(await slack.post("T0ONE/general", f"@gateway {text}", user="U0ADA"))
        assert here.adapter.ignored["not_installed"] >= 4  # of each mention two events
        assert [entry["workspace"] for entry in logs if entry["event"] == "slack.not_installed"] == ["T0ONE"]
        with pytest.raises(Forbidden, match="/slack/install"):
            to = ConversationRef(platform="slack", workspace="T0ONE", channel="C0GENERAL")
            await here.adapter.send(to, Outgoing(text="hello"), key="k")


async def test_an_installation_survives_a_restart(slack: SlackEmulator, bot: Callbacks, tmp_path: Path) -> None:
    async with distributed(slack, bot, tmp_path) as here:
        await here.browser.install("T0ONE")
        said = await talk(here, "T0ONE", "hello")
    async with distributed(slack, bot, tmp_path) as here:
        to = ConversationRef(platform="slack", workspace="T0ONE", channel="C0GENERAL", thread=said["thread_ts"])
        sent = await here.adapter.send(to, Outgoing(text="by itself"), key="k")
        found = await here.adapter.find(to, Outgoing(text="by itself"), key="k", since=time.time(), claimed=())
        assert found is not None and found.id == sent.id
        dm = await here.adapter.open_dm(UserRef(platform="slack", workspace="T0ONE", id="U0ADA"))
        assert dm.workspace == "T0ONE" and dm.kind == "dm"


async def test_an_organisation_installs_the_app_once_for_its_workspaces(
    slack: SlackEmulator, bot: Callbacks, tmp_path: Path
) -> None:
    slack.add_org("E0ORG", "Big", "T0A", "T0B")
    for number, team in enumerate(("T0A", "T0B")):
        workspace(slack, team, channel=f"C0ORG{number}", person=f"W0{number}")
    async with distributed(slack, bot, tmp_path) as here:
        page = await here.browser.install("E0ORG")
        assert page.status == 200 and "organisation Big" in page.text
        for number, team in enumerate(("T0A", "T0B")):
            ts = await slack.post(f"{team}/general", "@gateway hello", user=f"W0{number}")
            await slack.delivered(ts)
            said = await answer(here, f"{team}/general", "heard hello", ts)
            assert said["team"] == team
        assert list(await here.stored()) == ["E0ORG"]
    async with distributed(slack, bot, tmp_path) as here:  # sends that name only the workspace
        to = ConversationRef(platform="slack", workspace="T0B", channel="C0ORG1")
        await here.adapter.send(to, Outgoing(text="by itself"), key="k")
        result = await slack.command("/new", channel="T0B/general", user="W01")
        assert result.ok
        await slack.wait_for_message("T0B/general", lambda m: "new conversation" in m["text"], timeout=10)
        slack.oauth.uninstall("E0ORG")
        await slack.settled()
        assert await here.stored() == {}
        await slack.wait_for(lambda: sorted(set(ENDED)) == ["T0A", "T0B"])


# -- removal


@pytest.mark.parametrize("tell", ["both", "revoked", "uninstalled"])
async def test_a_removal_ends_that_workspace_and_no_other(
    slack: SlackEmulator, bot: Callbacks, tmp_path: Path, tell: Any
) -> None:
    async with distributed(slack, bot, tmp_path) as here:
        for team in ("T0ONE", "T0TWO"):
            await here.browser.install(team)
            await talk(here, team, "hello")
        slack.oauth.uninstall("T0ONE", tell=tell)
        await slack.settled()
        assert list(await here.stored()) == ["T0TWO"]
        await slack.wait_for(lambda: ENDED == ["T0ONE"])
        await talk(here, "T0TWO", "still there")
        status, body = await here.ready()
        assert (status, body["problems"]) == (200, {})
        await here.browser.install("T0ONE")
        await talk(here, "T0ONE", "back again")


async def test_a_removal_that_is_told_late_removes_no_newer_installation(
    slack: SlackEmulator, bot: Callbacks, tmp_path: Path
) -> None:
    async with distributed(slack, bot, tmp_path) as here:
        await here.browser.install("T0ONE")
        slack.oauth.uninstall("T0ONE", tell="nobody")
        await here.browser.install("T0ONE")
        await slack.emit({"type": "app_uninstalled"}, team=slack.world.teams["T0ONE"])
        await slack.settled()
        assert list(await here.stored()) == ["T0ONE"]
        await talk(here, "T0ONE", "hello")


async def test_a_removal_is_told_again_while_slack_does_not_say_whether_it_is_true(
    slack: SlackEmulator, bot: Callbacks, tmp_path: Path
) -> None:
    async with distributed(slack, bot, tmp_path) as here:
        await here.browser.install("T0ONE")
        slack.fail_next("auth.test", status=503)
        slack.oauth.uninstall("T0ONE", tell="uninstalled")
        await slack.settled()
        assert len(next(reversed(slack.deliveries.log.values())).attempts) >= 2
        assert await here.stored() == {}


async def test_a_revoked_token_fails_the_sends_of_its_workspace_only(
    slack: SlackEmulator, bot: Callbacks, tmp_path: Path
) -> None:
    async with distributed(slack, bot, tmp_path) as here:
        for team in ("T0ONE", "T0TWO"):
            await here.browser.install(team)
        slack.oauth.uninstall("T0ONE", tell="nobody")
        with pytest.raises(Forbidden, match="account_inactive; the app has to be installed in T0ONE again"):
            to = ConversationRef(platform="slack", workspace="T0ONE", channel="C0GENERAL")
            await here.adapter.send(to, Outgoing(text="hello"), key="k")
        await talk(here, "T0TWO", "hello")
        assert (await here.ready())[0] == 200


# -- token rotation


async def send(here: Distributed, team: str = "T0ONE") -> None:
    to = ConversationRef(platform="slack", workspace=team, channel="C0GENERAL")
    await here.adapter.send(to, Outgoing(text="hello"), key="k")


def exchanges(slack: SlackEmulator) -> int:
    return len([call for call in slack.calls_to("oauth.v2.access") if call.args.get("grant_type") == "refresh_token"])


@pytest.fixture
async def rotating(slack: SlackEmulator, bot: Callbacks, tmp_path: Path) -> AsyncIterator[Distributed]:
    slack.oauth.rotation = True
    async with distributed(slack, bot, tmp_path) as here:
        await here.browser.install("T0ONE")
        yield here


async def test_a_token_that_expired_is_replaced_once_for_all_calls(rotating: Distributed) -> None:
    rotating.slack.oauth.expire("T0ONE")
    await asyncio.gather(*(send(rotating) for _ in range(5)))
    assert exchanges(rotating.slack) == 1
    await send(rotating)
    assert exchanges(rotating.slack) == 1


async def test_a_token_is_replaced_in_its_last_hours(rotating: Distributed, monkeypatch: pytest.MonkeyPatch) -> None:
    await send(rotating)
    assert exchanges(rotating.slack) == 0
    monkeypatch.setattr(rotation, "EARLY", 44_000.0)
    await send(rotating)
    assert exchanges(rotating.slack) == 1


async def test_an_exchange_that_fails_is_no_harm_while_the_token_is_valid(
    rotating: Distributed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "EARLY", 44_000.0)
    rotating.slack.fail_next("oauth.v2.access", error="invalid_refresh_token")
    await send(rotating)
    await send(rotating)
    assert exchanges(rotating.slack) == 1
    assert list(await rotating.stored()) == ["T0ONE"]


async def test_the_answer_of_an_exchange_may_be_lost(rotating: Distributed) -> None:
    slack = rotating.slack
    slack.oauth.keeps_refresh_token = True
    slack.oauth.expire("T0ONE")
    slack.fail_next("oauth.v2.access", status="disconnect", after_effect=True)
    await send(rotating)
    assert exchanges(slack) == 2
    slack.oauth.expire("T0ONE")
    await send(rotating)


async def test_while_no_new_token_can_be_had_sends_are_to_be_tried_again(rotating: Distributed) -> None:
    slack = rotating.slack
    slack.oauth.expire("T0ONE")
    slack.fail_next("oauth.v2.access", times=3, status=503)
    with pytest.raises(Unavailable, match="T0ONE"):
        await send(rotating)
    await send(rotating)


async def test_a_refresh_token_that_slack_refuses_asks_for_a_new_installation(rotating: Distributed) -> None:
    slack = rotating.slack
    slack.oauth.expire("T0ONE")
    slack.fail_next("oauth.v2.access", error="invalid_refresh_token")
    with pytest.raises(Forbidden, match="/slack/install"):
        await send(rotating)
    assert list(await rotating.stored()) == ["T0ONE"]
    await rotating.browser.install("T0ONE")
    await send(rotating)


# -- keys


async def test_a_key_is_replaced_by_putting_a_new_one_before_it(
    slack: SlackEmulator, bot: Callbacks, tmp_path: Path
) -> None:
    new = new_key()
    async with distributed(slack, bot, tmp_path) as here:
        await here.browser.install("T0ONE")
    async with distributed(slack, bot, tmp_path, keys=(new, KEY)) as here:
        await send(here)
        encrypting = here.adapter._distribution._encrypting  # type: ignore[union-attr]
        assert encrypting is not None
        await encrypting
    async with distributed(slack, bot, tmp_path, keys=(new,)) as here:
        await send(here)


async def test_a_missing_key_is_said_and_loses_no_installation(
    slack: SlackEmulator, bot: Callbacks, tmp_path: Path
) -> None:
    async with distributed(slack, bot, tmp_path) as here:
        await here.browser.install("T0ONE")
    with pytest.raises(SettingsError, match=r"1 installations.*GATEWAY_ENCRYPTION_KEYS.*put the key .* back"):
        async with distributed(slack, bot, tmp_path, keys=(new_key(),)):
            pass
    async with distributed(slack, bot, tmp_path) as here:
        await send(here)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"client_id": "1.2"}, "SLACK_CLIENT_SECRET"),
        ({"client_secret": "s"}, "SLACK_CLIENT_ID"),
        ({"client_id": "1.2", "client_secret": "s"}, "SLACK_SIGNING_SECRET"),
        ({"signing_secret": "s"}, "SLACK_CLIENT_ID"),
    ],
)
def test_half_of_the_settings_of_an_installable_app_are_refused(settings: dict[str, Any], named: str) -> None:
    assert named in (SlackSettings(_env_file=None, **settings).missing or "")


@pytest.mark.parametrize("keys", [[], [KEY, "too short"], ["ä" * 44], ["A" * 43]])
def test_a_wrong_encryption_key_names_the_setting(keys: list[str]) -> None:
    from gateway.runtime.cipher import KeyedCipher

    with pytest.raises(SettingsError, match=r"GATEWAY_ENCRYPTION_KEYS.*new-encryption-key"):
        KeyedCipher(keys)


# -- beside other ways


async def test_a_bot_token_serves_its_own_workspace_beside_those_that_installed_the_app(
    slack: SlackEmulator, bot: Callbacks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {**slack.oauth_environment(), "SLACK_BOT_TOKEN": slack.team.bot_token}
    monkeypatch.setattr(slack, "oauth_environment", lambda: given)
    async with distributed(slack, bot, tmp_path) as here:
        await here.browser.install("T0ONE")
        await talk(here, "T0ONE", "hello")
        await talk(here, slack.team.id, "hello")
        assert list(await here.stored()) == ["T0ONE"]


async def test_a_bot_token_that_is_refused_keeps_nobody_else_waiting(
    slack: SlackEmulator, bot: Callbacks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {**slack.oauth_environment(), "SLACK_BOT_TOKEN": "xoxb-wrong"}
    monkeypatch.setattr(slack, "oauth_environment", lambda: given)
    with capture_logs() as logs:
        async with distributed(slack, bot, tmp_path) as here:
            await here.browser.install("T0ONE")
            await talk(here, "T0ONE", "hello")
            assert (await here.ready())[0] == 200
    assert any("SLACK_BOT_TOKEN" in str(entry.get("error")) for entry in logs)


async def test_socket_mode_needs_no_webhook(bot: Callbacks, tmp_path: Path) -> None:
    async with started(SlackEmulator(limits="off", socket_mode=True)) as slack:
        workspace(slack, "T0ONE")
        async with distributed(slack, bot, tmp_path) as here:
            await here.browser.install("T0ONE")
            await talk(here, "T0ONE", "hello")


async def test_a_shared_channels_event_is_for_the_workspace_it_was_authorized_for(
    slack: SlackEmulator, bot: Callbacks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``team_id`` is then that of the person who wrote."""
    async with distributed(slack, bot, tmp_path) as here:
        for team in ("T0ONE", "T0TWO"):
            await here.browser.install(team)
        raw = slack.backend.events.envelope
        monkeypatch.setattr(slack.backend.events, "envelope", lambda *given: {**raw(*given), "team_id": "T0TWO"})
        ts = await slack.post("T0ONE/general", "@gateway hi", user="U0ADA")
        await slack.delivered(ts)
        said = await slack.wait_for_message("T0ONE/general", lambda m: "heard hi" in m["text"], timeout=10)
        assert said["team"] == "T0ONE"


async def test_a_click_in_a_shared_channel_is_for_the_bot_that_wrote_the_message(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    def buttons() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message("choose", actions=[cl.Action("go", {}, label="Go")]).send()

        @cl.action_callback("go")
        async def go(action: cl.Action) -> None:
            await cl.Message(f"went in {cl.context.conversation}").send()

    async with distributed(slack, register(buttons), tmp_path) as here:
        for team in ("T0ONE", "T0TWO"):
            await here.browser.install(team)
        ts = await slack.post("T0ONE/general", "@gateway hello", user="U0ADA")
        asked = await answer(here, "T0ONE/general", "choose", ts)
        raw = slack._interactions._payload

        def from_elsewhere(*args: Any, **how: Any) -> Any:
            return {**raw(*args, **how), "team": {"id": "T0TWO", "domain": "two"}}

        slack._interactions._payload = from_elsewhere  # type: ignore[method-assign]
        result = await slack.click("T0ONE/general", asked["ts"], label="Go", user="U0ADA")
        assert result.ok
        assert "slack:T0ONE:" in (await answer(here, "T0ONE/general", "went in", ts))["text"]


async def test_the_apps_own_command_is_known_by_the_bots_name_in_each_workspace(tmp_path: Path) -> None:
    async with slack_world() as world, installed(OAuthWorld(world.slack), tmp_path) as harness:
        await world.slack.command("/gateway", "search cats")
        event = await harness.heard(CommandInvoked)
        assert (event.command, event.text, event.ref.workspace) == ("search", "cats", world.slack.team.id)


def test_the_command_line_makes_keys() -> None:
    from typer.testing import CliRunner

    from gateway.cli import app
    from gateway.runtime.cipher import KeyedCipher

    made = [CliRunner().invoke(app, ["keys", "new-encryption-key"]).stdout.strip() for _ in range(2)]
    assert made[0] != made[1]
    cipher = KeyedCipher(made)
    assert cipher.decrypt(cipher.encrypt("secret ü")) == "secret ü"
    assert not KeyedCipher(made[::-1]).is_current(cipher.encrypt("x"))


@pytest.mark.parametrize(
    ("api", "page"),
    [
        ("https://slack.com/api/", "https://slack.com/oauth/v2/authorize?"),
        ("https://slack-gov.com/api", "https://slack-gov.com/oauth/v2/authorize?"),
    ],
)
def test_the_page_for_installing_is_where_the_api_is(api: str, page: str) -> None:
    oauth = OAuth(SlackHttp(api), "1.2", "secret", now=time.time)
    url = oauth.authorize_url(state="s&t", redirect_uri="https://bot.example/slack/oauth_redirect")
    asked = parse_qs(urlsplit(url).query)
    assert url.startswith(page) and asked["state"] == ["s&t"] and "secret" not in url
    assert set(asked["scope"][0].split(",")) == {scope.name for scope in SCOPES}
