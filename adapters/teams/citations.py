"""Renders the entity that labels a message as made by a model and carries its sources. Pure.

A message has at most one such entity; the text refers to a source as ``[n]``, and a source that the text does not refer
to is not shown (docs bots/how-to/bot-messages-ai-generated-content).
"""

import re
from collections.abc import Sequence
from typing import Any

from adapters.shortening import cut
from adapters.teams.card import escaped
from adapters.teams.limits import (
    CITATION_ABSTRACT,
    CITATION_KEYWORD,
    CITATION_KEYWORDS,
    CITATION_NAME,
    CITATION_URL,
    CITATIONS,
)
from adapters.teams.markdown import web
from gateway.model import Citation

_MARK = re.compile(r"\[(\d{1,3})\](?!\()")
"""A reference to a source; brackets that begin a link are none."""


def entity(*, ai_generated: bool, sources: Sequence[Citation]) -> list[dict[str, Any]]:
    """Return the entity, if there is anything to say in it. Sources beyond Teams' limit are for ``listed``."""
    if not ai_generated and not sources:
        return []
    said: dict[str, Any] = {"type": "https://schema.org/Message", "@type": "Message", "@context": "https://schema.org"}
    if ai_generated:
        said["additionalType"] = ["AIGeneratedContent"]
    if sources:
        said["citation"] = [_claim(number, each) for number, each in enumerate(sources[:CITATIONS], 1)]
    return [said]


def _claim(number: int, source: Citation) -> dict[str, Any]:
    look: dict[str, Any] = {"@type": "DigitalDocument", "name": cut(_title(number, source), CITATION_NAME)}
    # Teams shows a source without an abstract as an empty window.
    look["abstract"] = cut(source.abstract.strip(), CITATION_ABSTRACT) or look["name"]
    if source.url and len(source.url) <= CITATION_URL and web(source.url):
        look["url"] = source.url
    if source.keywords:
        look["keywords"] = [cut(word, CITATION_KEYWORD) for word in source.keywords[:CITATION_KEYWORDS]]
    return {"@type": "Claim", "position": number, "appearance": look}


def marked(text: str, sources: Sequence[Citation]) -> str:
    """Return the text with a reference to each source of the entity; a source without one gets it at the end of the
    text."""
    if not sources:
        return text
    there = {int(number) for number in _MARK.findall(text)}
    missing = [f"[{number}]" for number in range(1, min(len(sources), CITATIONS) + 1) if number not in there]
    return f"{text}\n\n{' '.join(missing)}".lstrip("\n") if missing else text


def listed(sources: Sequence[Citation], *, first: int = 1) -> str:
    """Return sources as lines of Markdown, for those Teams has no other place for."""
    lines = []
    for number, each in enumerate(sources[first - 1 :], first):
        title = escaped(_title(number, each))
        url = web(each.url or "")
        lines.append(f"{number}. [{title}]({url})" if url else f"{number}. {title}")
    return "\n".join(lines)


def _title(number: int, source: Citation) -> str:
    return source.title.strip() or f"Source {number}"
