"""Actions with odd payloads and names."""

from pathlib import Path

import gateway as cl
from gateway.drivers.slack.reading import said
from gateway.emulators.slack.emulator import SlackEmulator
from tests.support.bot import register, running_bot


async def test_a_payload_that_json_cannot_hold_is_refused_where_it_is_made(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    errors = []

    def bot() -> None:
        @cl.on_message
        async def main() -> None:
            try:
                cl.Action("go", {"o": object()})
            except TypeError as error:
                errors.append(str(error))
            name = "long name " * 100
            await cl.Message("named", actions=[cl.Action(name, label=name)]).send()

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post("general", "@gateway hi")
        await said(slack, "general", "named")
    assert "payload of Action('go')" in errors[0]
