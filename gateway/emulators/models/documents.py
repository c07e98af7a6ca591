"""Answers a question from the text that a prompt brings along, and writes SQL for the tables that it describes."""

import re

_CONTEXT = re.compile(r"^\W*(?:context|documents?|sources?|passages?)\b[^\n:]*(?::|\n)", re.IGNORECASE | re.MULTILINE)
_QUESTION = re.compile(r"^\W*(?:question|query)\s*:\s*(?P<text>.+)$", re.IGNORECASE | re.MULTILINE)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]?")
_TABLE = re.compile(
    r"(?:CREATE TABLE\s+|^\W*)[\"`]?(?P<name>[A-Za-z_]\w*)[\"`]?\s*\((?P<columns>[^()]*)\)", re.I | re.M
)
_COMMON = frozenset(
    (
        *(
            "a",
            "an",
            "and",
            "are",
            "as",
            "at",
            "be",
            "by",
            "do",
            "does",
            "for",
            "from",
            "how",
            "i",
            "in",
            "is",
            "it",
            "me",
        ),
        *("much", "many", "no", "of", "on", "or", "that", "the", "there", "this", "to", "was", "what", "when", "where"),
        *("which", "who", "why", "will", "with", "you"),
    )
)
"""Words that say nothing of what a text is about."""


def words(text: str) -> set[str]:
    """Return the words that say what a text is about, in lower case and without the ``s`` of a plural."""
    found = (each.rstrip("s") for each in re.findall(r"[a-z0-9]+", text.lower()))
    return {each for each in found if each and each not in _COMMON}


def from_context(prompt: str, question: str) -> str | None:
    """Return the sentence of the prompt's context that has most words of the question.

    Args:
        prompt: All that the model was given to read.
        question: What the user asked; a line ``Question:`` or ``Query:`` of it goes first.

    Returns:
        The sentence; "I don't know: …" where none fits; None where the prompt has no context.
    """
    if (match := _CONTEXT.search(prompt)) is None:
        return None
    if asked := list(_QUESTION.finditer(question)):
        context, question = prompt[match.end() :].replace(asked[-1][0], ""), asked[-1]["text"]
    else:
        context = prompt[match.end() :].replace(question, "")
    wanted = words(question)
    sentences = [each.strip(" -*#>\t") for each in _SENTENCE.findall(context)]
    best = max(sentences, key=lambda each: len(words(each) & wanted), default="")
    if not words(best) & wanted:
        return "I don't know: the context does not say."
    return best


def sql(prompt: str, question: str) -> str | None:
    """Return a query on the table that fits the question best, None where no SQL is asked for.

    Args:
        prompt: All that the model was given to read, with tables as ``Name(column, column)`` or ``CREATE TABLE``.
        question: What the user asked.
    """
    if not re.search(r"\bSQL\b", prompt):
        return None
    tables = [
        (each["name"], [column.split()[0].strip('"`') for column in each["columns"].split(",") if column.split()])
        for each in _TABLE.finditer(prompt)
        if each["columns"].strip() and not each["columns"].strip("* ").isdigit()
    ]
    if not tables:
        return None
    asked = re.sub(_TABLE, "", question)
    wanted = words(asked)
    name, columns = max(
        tables,
        key=lambda each: 2 * len(words(each[0]) & wanted) + len(words(" ".join(each[1]).replace("_", " ")) & wanted),
    )
    if re.search(r"\b(count|counts|how many|number of|compute the number)\b", asked, re.IGNORECASE):
        return f"SELECT COUNT(*) FROM {name};"  # noqa: S608 (said, not run)
    named = [each for each in columns if words(each.replace("_", " ")) & wanted]
    return f"SELECT {', '.join(named or columns)} FROM {name};"  # noqa: S608 (said, not run)
