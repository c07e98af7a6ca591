"""A model that never reads personal data: the bot finds it by simple rules, shows what would be sent instead, and sends
it only when the person agrees. In the answer the originals stand again.
"""

import os
import re

from openai import AsyncOpenAI

import gateway as cl

MODEL = os.environ.get("MODEL", "gpt-4o-mini")
SYSTEM = (
    "You are a helpful assistant. Some words of the question were replaced, as in [EMAIL-1]: use these words as they "
    "are, and do not ask for the originals."
)
RULES = {
    "EMAIL": r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    "IBAN": r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b",
    "CARD": r"\b\d{4}(?:[ -]?\d{4}){2}[ -]?\d{1,7}\b",
    "PHONE": r"(?<![\w.])(?:\+|00)?\d(?:[ /().-]{0,2}\d){6,14}(?!\w)",
    "ADDRESS": r"\b[A-Z][\w'-]+(?: [A-Z][\w'-]+)* (?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Square|Sq) \d+\b"
    r"|\b\d+ [A-Z][\w'-]+(?: [A-Z][\w'-]+)* (?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Square|Sq)\b",
    "NAME": r"(?<=\b[Mm]y name is )[A-Z][\w'-]+(?: [A-Z][\w'-]+)*|(?:Mr|Mrs|Ms|Dr)\.? [A-Z][\w'-]+(?: [A-Z][\w'-]+)*",
}
"""What each kind of personal data looks like. The first rule that fits takes the words."""
LONGEST = 20
"""Characters of the longest word that stands for something."""

client = AsyncOpenAI(api_key=os.environ.get("OPENAI_API_KEY", "none"))  # a local server needs no key


@cl.on_message
async def main(message: cl.Message):
    text, originals = await anonymise(message.content)
    if originals:
        approval = await cl.AskActionMessage(
            f"There is personal data in this. The model would read:\n\n> {text}",
            actions=[
                cl.Action(name="send", payload={"send": True}, label="✅ Send that"),
                cl.Action(name="cancel", payload={"send": False}, label="❌ Send nothing"),
            ],
            timeout=3_600,
        ).send()
        if approval is None or not approval["payload"]["send"]:
            await cl.Message("Nothing was sent.").send()
            return

    answer = cl.Message()
    stream = await client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "system", "content": SYSTEM}, {"role": "user", "content": text}],
        stream=True,
    )
    waiting = ""
    async for part in stream:
        waiting += (part.choices[0].delta.content or "") if part.choices else ""
        begun = waiting.rfind("[")  # of a word that is not there as a whole yet
        whole = len(waiting) if begun <= waiting.rfind("]") or len(waiting) - begun > LONGEST else begun
        await answer.stream_token(restored(waiting[:whole], originals))
        waiting = waiting[whole:]
    await answer.stream_token(restored(waiting, originals))
    await answer.send()


@cl.step(type="tool", name="Look for personal data")
async def anonymise(text: str) -> tuple[str, dict[str, str]]:
    """Return the text without personal data, and what stands for what; the step shows only which kinds there are."""
    result, originals = replaced(text)
    cl.context.current_step.input = ""
    cl.context.current_step.output = ", ".join(originals) or "There is none."
    return result, originals


def replaced(text: str) -> tuple[str, dict[str, str]]:
    """Return the text with words in the places of personal data, and what each word stands for."""
    words: dict[str, str] = {}  # by what they stand for
    for kind, rule in RULES.items():
        for original in dict.fromkeys(match[0] for match in re.finditer(rule, text)):
            if kind != "CARD" or is_card(original):
                number = 1 + sum(word.startswith(f"[{kind}-") for word in words.values())
                words[original] = f"[{kind}-{number}]"
        text = re.sub(rule, lambda match: words.get(match[0], match[0]), text)
    return text, {word: original for original, word in words.items()}


def is_card(number: str) -> bool:
    """Return whether the check digit is that of a payment card (Luhn's rule)."""
    digits = [int(digit) for digit in number if digit.isdigit()][::-1]
    return sum(digits[::2] + [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]) % 10 == 0


def restored(text: str, originals: dict[str, str]) -> str:
    """Return the text with the originals in their places."""
    for word, original in originals.items():
        text = text.replace(word, original)
    return text
