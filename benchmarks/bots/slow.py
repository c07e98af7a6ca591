"""Answers every message after a pause."""

import asyncio

import gateway as cl

SECONDS = 0.5


@cl.on_message
async def main(message: cl.Message) -> None:
    await asyncio.sleep(SECONDS)
    await cl.Message(f"echo {message.content}").send()
