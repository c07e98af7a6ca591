"""Markdown as Slack's ``markdown`` block takes it: what is underlined becomes a heading with its mark in front, and a
rule stands apart from the text above it, whatever Slack makes of such lines."""

from gateway.markdown.blocks import Kind
from gateway.markdown.headings import below_text, heading
from gateway.markdown.parts import Code, Prose


def shown(part: Prose | Code) -> str:
    """The part's Markdown; code is as it was written."""
    if isinstance(part, Code) or part.block.kind is not Kind.UNDERLINE:
        return part.source
    if (found := heading(part)) is not None:
        return f"{found.lead}{'#' * found.level} {found.text}"
    if below_text(part):
        text, _, rule = part.source.rpartition("\n")
        return f"{text}\n\n{rule}"
    return part.source
