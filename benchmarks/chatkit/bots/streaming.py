"""Streams an answer of a few tokens; to ``hold`` it sends the first one and then nothing for as long as it is asked to
stay."""

import asyncio

import gateway as cl

TOKENS = ("Here ", "is ", "what ", "you ", "asked ", "for.")


@cl.on_message
async def main(message: cl.Message) -> None:
    answer = cl.Message("")
    for token in TOKENS:
        await answer.stream_token(token)
        if message.content == "hold":
            await asyncio.sleep(600)
    await answer.send()
