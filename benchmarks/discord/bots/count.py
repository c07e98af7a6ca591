"""Our subject that answers no message: it counts them, and tells the number when asked."""

import gateway as cl
from benchmarks.discord.tally import ASKED, Tally

tally = Tally()


@cl.on_message
async def main(message: cl.Message) -> None:
    if message.content.startswith(ASKED):
        await cl.Message(await tally.report(message.content)).send()
    else:
        tally.note(message.content)
