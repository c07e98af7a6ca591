"""Answers every message."""

import gateway as cl


@cl.on_message
async def main(message: cl.Message) -> None:
    await cl.Message(f"echo {message.content}").send()
