"""Questions about a document: the bot asks for a text file, finds the passages that fit a question, and has the model
answer from them, with its sources.

Passages are found by the words they share with the question, weighed by how rare they are, so nothing but the model is
needed. What was read stays with the conversation, also over a restart.
"""

import math
import os
import re
from collections import Counter
from pathlib import Path

from openai import AsyncOpenAI

import gateway as cl

MODEL = os.environ.get("MODEL", "gpt-4o-mini")
PASSAGE = 800
"""Characters of a passage at most, roughly."""
FOUND = 3
"""Passages that the model gets to read."""
SYSTEM = (
    "Answer the question from the context alone, in a few sentences, and put the number of the passage you used behind "
    "each of them, as in [1]. If the context does not say, say so."
)

client = AsyncOpenAI(api_key=os.environ.get("OPENAI_API_KEY", "none"))  # a local server needs no key


@cl.on_message
async def main(message: cl.Message):
    files = [file for file in message.elements if file.path and (file.name or "").endswith((".txt", ".md"))]
    if not files and not cl.user_session.get("passages"):
        files = await cl.AskFileMessage(
            "Send me a text file (`.txt` or `.md`), and ask me what is in it.",
            accept={"text/plain": [".txt"], "text/markdown": [".md"]},
            max_size_mb=2,
            timeout=86_400,
        ).send()
        if not files:
            return
    for file in files:
        await read(file.name, file.path)
    if not cl.user_session.get("passages"):
        await cl.Message("There is no text in it: send me another file.").send()
        return

    found = await search(message.content)
    if not found:
        said = f"I find nothing about that in **{cl.user_session['name']}**."
        await cl.Message("I have read it. What would you like to know?" if files else said).send()
        return

    passages = cl.user_session["passages"]
    context = "\n\n".join(f"[{number}] {passages[place]}" for number, place in enumerate(found, 1))
    answer = cl.Message()
    stream = await client.chat.completions.create(
        model=MODEL,
        messages=[
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": f"Context:\n{context}\n\nQuestion: {message.content}"},
        ],
        stream=True,
    )
    async for part in stream:
        if part.choices and (token := part.choices[0].delta.content):
            await answer.stream_token(token)
    named = [n for n in range(1, len(found) + 1) if f"[{n}]" in answer.content]
    if not named:  # the model named none: what it read is the source
        named = [1]
        await answer.stream_token(" [1]")
    answer.citations = [citation(found[number - 1]) for number in range(1, max(named) + 1)]
    await answer.send()


async def read(name: str, path: str):
    """Cut a document into passages and keep them with the conversation."""
    async with cl.Step(name=f"Read {name}", type="tool") as step:
        text = await cl.make_async(Path(path).read_text)("utf-8", errors="replace")
        passages = cut(text)
        step.output = f"{len(passages)} passages, {len(text)} characters"
    cl.user_session.set("name", name)
    cl.user_session.set("passages", passages)


def cut(text: str) -> list[str]:
    """Cut a text at its empty lines, and paragraphs that are too long at their sentences."""
    passages: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text):
        passage = ""
        for sentence in re.split(r"(?<=[.!?])\s+", " ".join(paragraph.split())):
            if passage and len(passage) + len(sentence) > PASSAGE:
                passages.append(passage)
                passage = ""
            passage = f"{passage} {sentence}".strip()
        if passage:
            passages.append(passage)
    return passages


@cl.step(type="retrieval", name="Find passages")
async def search(question: str) -> list[int]:
    """Return the places of the passages that fit a question best, the best first."""
    passages = cl.user_session["passages"]
    counts = [Counter(words(passage)) for passage in passages]
    holding = Counter(word for count in counts for word in count)

    def weight(count: Counter) -> float:
        """Return how well a passage fits: rare words count more, and words of a long passage less."""
        length = 1 + math.log(1 + count.total())
        return sum(
            math.log(1 + len(passages) / holding[word]) * (1 + math.log(count[word])) / length
            for word in set(words(question))
            if count[word]
        )

    weights = [weight(count) for count in counts]
    best = sorted(range(len(passages)), key=lambda place: weights[place], reverse=True)[:FOUND]
    found = [place for place in best if weights[place] > 0]
    cl.context.current_step.output = "\n".join(f"{place + 1}: {passages[place][:100]}" for place in found) or "nothing"
    return found


def words(text: str) -> list[str]:
    """Return the words of a text, without those of up to two letters and without endings."""
    return [word[:-1] if word.endswith("s") else word for word in re.findall(r"\w{3,}", text.lower())]


def citation(place: int) -> cl.Citation:
    """Return a passage as a source of an answer."""
    passage = cl.user_session["passages"][place]
    return cl.Citation(title=f"{cl.user_session['name']}, passage {place + 1}", abstract=passage[:160])
