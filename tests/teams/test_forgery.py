"""What a Teams client sends back from a card is whatever it likes: only what the store knows is believed."""

from pathlib import Path
from typing import Any

import orjson

import gateway as cl
from adapters.teams.names import ACTION, EXECUTE
from gateway.runtime import tokens
from gateway.runtime.tokens import ActionToken
from tests.contract.reading import reads
from tests.support.bot import register, running_bot
from tests.teams.world import teams_world


async def test_a_button_pressed_with_another_payload_does_nothing(tmp_path: Path) -> None:
    paid: list[Any] = []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message("Pay?", actions=[cl.Action(name="pay", payload={"euros": 1}, label="Pay")]).send()

        @cl.action_callback("pay")
        async def pay(action: cl.Action) -> None:
            paid.append(action.payload)
            await cl.Message("Paid").send()

    async with teams_world() as world, running_bot(world, register(bot), tmp_path):
        post = await world.dm("hello")
        question = await reads(world, post, "Pay?")
        token = tokens.pack(ActionToken(name="pay", payload={"euros": 1000}, id="x", message="m"))
        action = {"type": "Action.Execute", "data": {ACTION: token}}
        await world.teams.invoke("personal", EXECUTE, {"action": action}, message_id=question.id)
        await reads(world, post, "That button does nothing any more")
        assert paid == []
        await world.click(question, "Pay")
        await reads(world, post, "Paid")
    assert paid == [{"euros": 1}]
    assert orjson.loads(token)["payload"] == {"euros": 1000}  # it was well formed, only not ours
