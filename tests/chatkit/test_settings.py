"""Settings in ChatKit, which has no forms: handlers have the values, and nothing is offered that does nothing."""

import gateway as cl
from gateway.input_widget import Slider
from tests.chatkit.client import connected
from tests.chatkit.conftest import Serve


def bot() -> None:
    @cl.on_chat_start
    async def start() -> None:
        await cl.ChatSettings([Slider(id="t", label="Temperature", initial=1, min=0, max=2)]).send()

    @cl.on_message
    async def main(message: cl.Message) -> None:
        await cl.Message(f"It is {cl.user_session['chat_settings']['t']}.").send()


async def test_settings_that_nobody_could_change_are_not_offered(serve: Serve) -> None:
    async with serve(bot) as url, connected(url) as ada:
        thread = await ada.send("How warm?")
        assert (thread.said, thread.buttons(), thread.notices) == (["It is 1."], [], [])
        await ada.send("/settings", thread)
        assert (thread.said, thread.buttons()) == (["It is 1."], [])
        assert thread.notices == ["Settings cannot be changed here: there are no forms."]
