"""What the doctor finds in Slack."""

import time
from collections.abc import AsyncIterator
from email.utils import formatdate

import pytest

from adapters.slack.manifest import REQUIRED, SCOPES
from gateway.emulators.slack.emulator import SlackEmulator
from tests.doctor.conftest import Examine
from tests.doctor.tunnel import forwarding
from tests.support.emulators import started


@pytest.fixture
async def slack() -> AsyncIterator[SlackEmulator]:
    async with started(SlackEmulator(limits="off", socket_mode=True)) as emulator:
        yield emulator


async def test_an_app_that_fits_has_nothing_to_mend(slack: SlackEmulator, examine: Examine) -> None:
    found = await examine(slack.environment())
    assert {name: each.status for name, each in found.items() if name.startswith("slack.")} == {
        "slack.bot_token": "ok",
        "slack.scopes": "ok",
        "slack.app_token": "ok",
        "slack.signing_secret": "ok",
        "slack.events": "skipped",
        "slack.clock": "ok",
        "slack.webhook": "skipped",  # there is no public address
    }
    assert "@gateway" in found["slack.bot_token"].found
    assert "Gateway HQ" in found["slack.bot_token"].found


async def test_tokens_in_each_others_place_are_noticed(slack: SlackEmulator, examine: Examine) -> None:
    given = slack.environment()
    swapped = {"SLACK_BOT_TOKEN": given["SLACK_APP_TOKEN"], "SLACK_APP_TOKEN": given["SLACK_BOT_TOKEN"]}
    found = await examine(given, swapped)
    assert found["slack.bot_token"].status == found["slack.app_token"].status == "fail"
    assert "swapped" in found["slack.bot_token"].fix


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("xoxp-1-2-3", "a user token"),
        ("b3a1c5e7d9", "no token of Slack's"),
        ("xoxb-unknown", "invalid_auth"),
    ],
)
async def test_a_bot_token_that_is_none_is_told_from_one_that_slack_refuses(
    slack: SlackEmulator, examine: Examine, token: str, said: str
) -> None:
    found = (await examine(slack.environment(), SLACK_BOT_TOKEN=token))["slack.bot_token"]
    assert found.status == "fail"
    assert said in found.found
    assert "OAuth & Permissions" in found.fix
    assert found.page == f"https://api.slack.com/apps/{slack.world.app_id}/oauth"  # known by the app token


async def test_an_app_that_was_uninstalled_is_to_be_installed_again(slack: SlackEmulator, examine: Examine) -> None:
    slack.fail_next("auth.test", error="account_inactive")
    found = (await examine(slack.environment()))["slack.bot_token"]
    assert (found.status, "install the app again" in found.fix) == ("fail", True)


@pytest.mark.parametrize(("lost", "status"), [("chat:write", "fail"), ("reactions:write", "warn")])
async def test_a_scope_that_is_missing_is_named_with_what_is_lost(
    slack: SlackEmulator, examine: Examine, lost: str, status: str
) -> None:
    slack.team.scopes.discard(lost)
    found = (await examine(slack.environment()))["slack.scopes"]
    assert found.status == status
    assert lost in found.found
    assert next(scope.why for scope in SCOPES if scope.name == lost) in found.found
    assert "reinstall" in found.fix
    assert found.page == f"https://api.slack.com/apps/{slack.world.app_id}/oauth"


def test_what_is_required_is_in_the_manifest() -> None:
    assert {scope.name for scope in SCOPES} > REQUIRED


async def test_an_app_token_of_another_app_is_noticed(slack: SlackEmulator, examine: Examine) -> None:
    slack.team.bot.app_id = "A0OTHER"
    found = (await examine(slack.environment()))["slack.app_token"]
    assert found.status == "fail"
    assert "A0OTHER" in found.found


async def test_an_app_token_that_slack_refuses(slack: SlackEmulator, examine: Examine) -> None:
    found = (await examine(slack.environment(), SLACK_APP_TOKEN="xapp-1-A0GATEWAY-1-unknown"))["slack.app_token"]
    assert (found.status, "connections:write" in found.fix) == ("fail", True)


@pytest.mark.parametrize("secret", ["xoxb-1234567890", "not-hexadecimal", "ABCDEF"])
async def test_a_signing_secret_that_is_none_is_noticed(slack: SlackEmulator, examine: Examine, secret: str) -> None:
    found = (await examine(slack.environment(), SLACK_SIGNING_SECRET=secret))["slack.signing_secret"]
    assert (found.status, "Signing Secret" in found.fix) == ("fail", True)


@pytest.mark.parametrize(("behind", "status"), [(5, "ok"), (60, "warn"), (600, "fail"), (-600, "fail")])
async def test_the_clock_is_compared_with_slacks(
    slack: SlackEmulator, examine: Examine, behind: int, status: str
) -> None:
    """Slack's own window is five minutes."""
    async with forwarding(slack.world.base, headers={"Date": formatdate(time.time() + behind, usegmt=True)}) as proxy:
        found = (await examine(slack.environment(), SLACK_API_URL=f"{proxy}/api/"))["slack.clock"]
    assert found.status == status
    assert ("behind" if behind > 0 else "ahead") in found.found
    assert bool(found.fix) == (status != "ok")


async def test_a_slack_that_cannot_be_reached_is_named(slack: SlackEmulator, examine: Examine) -> None:
    environment = dict(slack.environment())
    await slack.stop()
    whole = await examine(environment)
    found = whole["slack.bot_token"]
    assert found.status == "fail"
    assert "no connection to 127.0.0.1" in found.found
    assert "firewall" in found.fix
    for name in ("slack.scopes", "slack.clock"):  # which have nothing to add
        assert (whole[name].status, "see `slack.bot_token`" in whole[name].found) == ("skipped", True)


async def test_a_rate_limit_is_no_failure(slack: SlackEmulator, examine: Examine) -> None:
    slack.fail_next("auth.test", retry_after=7)
    assert (await examine(slack.environment()))["slack.bot_token"].status == "warn"


async def test_nothing_that_the_doctor_asks_changes_the_workspace(slack: SlackEmulator, examine: Examine) -> None:
    await examine(slack.environment())
    assert {call.method for call in slack.calls} == {"auth.test", "bots.info", "apps.connections.open"}


async def test_no_secret_is_shown(slack: SlackEmulator, examine: Examine) -> None:
    found = await examine(slack.environment(), SLACK_SIGNING_SECRET=slack.environment()["SLACK_BOT_TOKEN"])
    shown = repr(found)
    assert not any(value in shown for name, value in slack.environment().items() if name != "SLACK_API_URL")
