"""The pages for operators on several replicas: one session for all, and each says what only it knows."""

from pathlib import Path

import httpx
import pytest

import gateway as cl
from tests.admin.stage import address, links, text_of
from tests.chatkit.client import KEY, connected
from tests.support.replicas import chatkit_replicas


@pytest.fixture(autouse=True)
def api_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GATEWAY_API_KEYS", KEY)
    monkeypatch.chdir(tmp_path)


def echo() -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        await cl.Message(f"re {message.content}").send()


async def test_a_session_holds_on_all_replicas_and_each_shows_its_own_turns(tmp_path: Path) -> None:
    async with (
        chatkit_replicas(echo, tmp_path) as (first, second),
        connected(first.url) as client,
        httpx.AsyncClient(verify=False, timeout=20) as http,
    ):
        thread = await client.send("hello")
        signed_in = await http.post(
            f"{first.url}/admin/sign-in", data={"key": KEY}, headers={"Origin": first.url}, follow_redirects=True
        )
        assert signed_in.status_code == 200
        here, there = [await http.get(f"{replica.url}/admin/") for replica in (first, second)]
        assert (here.status_code, there.status_code) == (200, 200)
        for page in (here, there):
            assert text_of(page).count("this one") == 1
            assert "one of " in text_of(page)
            assert text_of(page).count("leases good for") == 2
        assert "message created" in text_of(here)
        assert "No turn has run since this process started" in text_of(there)
        key = f"chatkit:app:ada:{thread.id}"
        mine, others = [
            text_of(await http.get(f"{replica.url}/admin/{address('conversation', key=key)}"))
            for replica in (first, second)
        ]
        assert "in memory here" in mine
        assert "another replica may run it" in others
        assert "hello" in others  # its thread, which is in the store
        [turn] = links(await http.get(f"{first.url}/admin/{address('conversation', key=key)}"), "turn")
        told = [text_of(await http.get(f"{replica.url}/admin/{turn}")) for replica in (first, second)]
        assert all("Run 1 ended done" in each and "Delivery accepted" in each for each in told)
        assert ["It ran on another replica" in each for each in told] == [False, True]
        assert "No replica that answers remembers" not in told[1]
