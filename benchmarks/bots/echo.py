"""Our subject: the echo bot as a user of the gateway writes it."""

import gateway as cl


@cl.on_message
async def main(message: cl.Message) -> None:
    await cl.Message(f"echo {message.content}").send()
