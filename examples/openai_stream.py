"""An assistant on any OpenAI-compatible API: it streams the answer and remembers the conversation.

Needs `pip install openai`, and OPENAI_API_KEY (and OPENAI_BASE_URL for another provider or a local server, MODEL for
another model). Run it with `gateway run examples/openai_stream.py`.
"""

import os

from openai import AsyncOpenAI

import gateway as cl

MODEL = os.environ.get("MODEL", "gpt-4o-mini")
SYSTEM = {"role": "system", "content": "You are a helpful assistant in a team chat. Be brief."}

client = AsyncOpenAI(api_key=os.environ.get("OPENAI_API_KEY", "none"))  # a local server needs no key


@cl.on_message
async def main(message: cl.Message):
    history = [*cl.user_session.get("history", []), {"role": "user", "content": message.content}]

    answer = cl.Message()
    stream = await client.chat.completions.create(model=MODEL, messages=[SYSTEM, *history], stream=True)
    async for part in stream:
        if part.choices and (token := part.choices[0].delta.content):
            await answer.stream_token(token)
    await answer.send()

    # Stored at the end, so that a turn that fails and runs again asks its question once.
    cl.user_session.set("history", [*history, {"role": "assistant", "content": answer.content}][-40:])
