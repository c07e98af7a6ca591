"""A program says something to a user of ChatKit who has not written yet."""

import httpx

import gateway as cl
from tests.chatkit.client import KEY
from tests.chatkit.conftest import Serve


def echo() -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        await cl.Message(f"re {message.content}").send()


async def test_a_program_begins_a_thread_with_a_user(serve: Serve) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with serve(echo) as url, httpx.AsyncClient(base_url=url, headers=headers) as client:
        path = "/v1/conversations/user:chatkit:app:ada/messages"
        first, second = [
            (await client.post(path, json={"text": text}, params={"wait": "10"})).json() for text in ("psst", "hey")
        ]
        assert (first["status"], second["status"]) == ("sent", "sent")
        assert first["conversation"] == second["conversation"]
        threads = (await client.get("/v1/chatkit/threads", params={"user": "ada"})).json()["data"]
        assert len(threads) == 1
        items = (await client.get(f"/v1/chatkit/threads/{threads[0]['id']}/items", params={"order": "asc"})).json()
        assert [part["text"] for item in items["data"] for part in item["content"]] == ["psst", "hey"]
        other = await client.post("/v1/conversations/user:chatkit:elsewhere:ada/messages", json={"text": "x"})
        assert other.status_code == 404
