"""A bot without a data layer of its own uses one on the gateway's database: the contents of elements too."""

from pathlib import Path

import httpx

import gateway as cl
from gateway.data import get_data_layer
from gateway.emulators.slack.emulator import SlackEmulator
from tests.contract.history_elements import blobs
from tests.contract.reading import reads
from tests.slack.world import SlackWorld
from tests.support.bot import register, running_bot


async def test_elements_of_the_history_are_there_and_others_can_be_added(slack: SlackEmulator, tmp_path: Path) -> None:
    world = SlackWorld(slack)
    got: dict[str, tuple[int, bytes]] = {}

    async def fetch(name: str, url: str | None) -> None:
        async with httpx.AsyncClient() as client:
            answer = await client.get(url or "")
        got[name] = answer.status_code, answer.content

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            layer = get_data_layer()
            assert layer is not None
            if message.content == "first":
                await cl.Message("see", elements=[cl.File("sent.txt", content="sent")]).send()
            else:
                thread_id = cl.context.session.thread_id
                added = cl.File("added ä.txt", content="added", thread_id=thread_id, for_id="a step")
                await layer.create_element(added)
                thread = await layer.get_thread(thread_id)
                assert thread is not None
                for element in thread["elements"] or []:
                    await fetch(element["name"], element["url"])
                found = await layer.get_element(thread_id, added.id)
                assert found is not None and found["mime"] == "text/plain" and found["forId"] == "a step"
                await layer.delete_element(added.id, thread_id)
                assert await layer.get_element(thread_id, added.id) is None
            await cl.Message(f"done {message.content}").send()

    async with running_bot(world, register(bot), tmp_path):
        post = await world.dm("first")
        await reads(world, post, "done first")
        await world.reply(post, "second")
        await reads(world, post, "done second")
    assert got == {"sent.txt": (200, b"sent"), "added ä.txt": (200, b"added")}
    assert all(key.startswith("elements/") for key in await blobs(tmp_path))
