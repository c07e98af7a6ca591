"""Answers every message after 200 ms, in which it waits as for a model or another service."""

import asyncio

import gateway as cl

SECONDS = 0.2


@cl.on_message
async def main(message: cl.Message) -> None:
    await asyncio.sleep(SECONDS)
    await cl.Message(f"echo {message.content}").send()
