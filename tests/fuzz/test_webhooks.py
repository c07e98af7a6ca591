"""What a platform might send, signed as the platform signs: whatever it is, the webhook answers and nothing leaks."""

import asyncio
import itertools
import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.discord.recorded import RECORDED
from tests.discord.test_parse import BOT, GENERAL, GUILD
from tests.fuzz.asgi import Answer, send
from tests.fuzz.choices import Drawn, examples
from tests.fuzz.conftest import Fuzzed, in_loop
from tests.fuzz.mutations import dumped, mutated
from tests.teams.recorded import activities


def no_secret_in(text: str, fuzzed: Fuzzed) -> None:
    """Assert that a log shows no secret."""
    assert [secret[:4] for secret in fuzzed.secrets if secret in text] == []


def errors_in(text: str) -> list[str]:
    """The lines of a log by which something broke: errors, but for those that the platform's refusal of an odd place or
    message ended in."""
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    broken = [line for line in lines if line.get("level") in ("error", "critical")]
    return [str(line)[-3_000:] for line in broken if not _is_refusal(line)]


def _is_refusal(line: Mapping[str, str]) -> bool:
    return line.get("exception", "").rstrip().rpartition("\n")[2].startswith("gateway.errors.")


@pytest.mark.timeout(3_600)
async def test_requests_of_slack_with_anything_changed(fuzzed: Fuzzed, capfd: pytest.CaptureFixture[str]) -> None:
    loop, app, count = asyncio.get_running_loop(), fuzzed.gateway.asgi, itertools.count(1)
    assert len(fuzzed.requests) > 12

    async def post(body: bytes, kind: bytes) -> Answer:
        signed = [(name.lower().encode(), value.encode()) for name, value in fuzzed.slack.sign(body).items()]
        return await send(app, "POST", "/slack/events", headers=[(b"content-type", kind), *signed], body=body)

    @given(st.data())
    @examples(250)
    def check(data: st.DataObject) -> None:
        choices = Drawn(data)
        sent = choices.one_of(fuzzed.requests)
        # Another time of its own, or most would be told apart as repeats before anybody read them.
        fresh = json.loads(json.dumps(sent.payload).replace(str(_ts(sent.payload)), f"17{next(count):08d}.000100"))
        kind, body = sent.body(mutated(fresh, choices))
        answer = asyncio.run_coroutine_threadsafe(post(body, kind), loop).result()
        assert 200 <= answer.status < 500, (answer.status, body[:500])

    await in_loop(check)
    assert len(fuzzed.heard) > 5
    log = capfd.readouterr().err
    no_secret_in(log, fuzzed)
    assert errors_in(log) == []


@pytest.mark.timeout(3_600)
async def test_activities_of_teams_with_anything_changed(fuzzed: Fuzzed, capfd: pytest.CaptureFixture[str]) -> None:
    loop, app, count = asyncio.get_running_loop(), fuzzed.gateway.asgi, itertools.count(1)
    authorization = fuzzed.teams.authorization().encode()
    service = fuzzed.teams.world.service_url(fuzzed.teams.tenant.id)
    written = json.dumps(list(activities(fuzzed.teams.world)))
    # Files are fetched from where an activity says, where that is OneDrive's: here it is the emulator's.
    written = written.replace("https://contoso-my.sharepoint.com", f"{fuzzed.teams.world.base}/download")
    sent = [each | {"serviceUrl": service} for each in json.loads(written)]

    async def post(body: bytes) -> Answer:
        headers = [(b"content-type", b"application/json"), (b"authorization", authorization)]
        return await send(app, "POST", "/teams/events", headers=headers, body=body)

    @given(st.data())
    @examples(250)
    def check(data: st.DataObject) -> None:
        choices = Drawn(data)
        changed = mutated(choices.one_of(sent), choices)
        if isinstance(changed, dict):
            if choices.below(4):
                changed["serviceUrl"] = service  # or all of them would be refused for that
            if changed.get("id") and choices.below(4):
                changed["id"] = f"17{next(count)}"
        answer = asyncio.run_coroutine_threadsafe(post(dumped(changed)), loop).result()
        assert 200 <= answer.status < 500 or answer.status == 501, (answer.status, dumped(changed)[:500])

    await in_loop(check)
    assert len(fuzzed.heard) > 5
    log = capfd.readouterr().err
    no_secret_in(log, fuzzed)
    assert errors_in(log) == []


@pytest.mark.timeout(3_600)
async def test_dispatches_of_discord_with_anything_changed(fuzzed: Fuzzed, capfd: pytest.CaptureFixture[str]) -> None:
    """They come over the gateway connection, which has to outlive them all."""
    loop, count, gateway = asyncio.get_running_loop(), itertools.count(1), fuzzed.discord.gateway
    guild, channel = fuzzed.discord.guild.id, fuzzed.discord.general.id

    async def dispatch(name: str, body: bytes) -> None:
        gateway.raw_event(name, body)
        while not gateway.idle:
            await asyncio.sleep(0)

    written = json.dumps(RECORDED)
    for known, here in ((GUILD, guild), (GENERAL, channel), (BOT, fuzzed.discord.bot.id)):
        written = written.replace(f'"{known}"', f'"{here}"')
    # Files are fetched from Discord's own hosts: here from the emulator.
    written = written.replace("https://cdn.discordapp.com", fuzzed.discord.world.base)
    recorded = json.loads(written)

    @given(st.data())
    @examples(250)
    def check(data: st.DataObject) -> None:
        choices = Drawn(data)
        name, payload = choices.one_of(recorded)
        changed = mutated(payload, choices)
        if isinstance(changed, dict) and choices.below(4):
            changed["id"] = str(1573471091890847744 + (next(count) << 22))
        asyncio.run_coroutine_threadsafe(dispatch(name, dumped(changed)), loop).result()

    await in_loop(check)
    before = len(fuzzed.heard)
    await fuzzed.discord.post("general", "@gateway still there?")
    while len(fuzzed.heard) == before:  # the test's own time limit ends this
        await asyncio.sleep(0.01)
    log = capfd.readouterr().err
    no_secret_in(log, fuzzed)
    assert errors_in(log) == []


def _ts(payload: dict[str, object]) -> object:
    event = payload.get("event")
    return event.get("ts", "none") if isinstance(event, dict) else payload.get("action_ts", "none")
