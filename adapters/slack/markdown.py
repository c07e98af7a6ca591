"""Converts Markdown to what Slack's ``markdown`` block takes: underlined headings get their mark in front, and a rule
is set apart from the text above it."""

from gateway.markdown.blocks import Kind
from gateway.markdown.headings import below_text, heading
from gateway.markdown.parts import Code, Prose


def shown(part: Prose | Code) -> str:
    """Return the part's Markdown for Slack; code is unchanged."""
    if isinstance(part, Code) or part.block.kind is not Kind.UNDERLINE:
        return part.source
    if (found := heading(part)) is not None:
        return f"{found.lead}{'#' * found.level} {found.text}"
    if below_text(part):
        text, _, rule = part.source.rpartition("\n")
        return f"{text}\n\n{rule}"
    return part.source
