"""Bounds GraphQL requests before anything walks through them."""

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    Lexer,
    OperationDefinitionNode,
    SelectionSetNode,
    Source,
    TokenKind,
    parse,
)

TOKENS = 60_000
"""Tokens of the longest query. The client names each argument of each step: 140 tokens a step."""
FIELDS = 5_000
"""Fields of the largest query; the client's hundred steps have 300."""
BESIDE = 500
"""Fields that stand beside one another at most: the validation compares them."""
DEPTH = 32
"""How deep brackets lie in one another at most; the client's own queries go six deep."""
PAGE = 1_000
"""Rows of the largest page."""
CHARACTERS = 50_000_000
"""Characters of steps that one answer may have."""

_OPENING = frozenset({TokenKind.BRACE_L, TokenKind.PAREN_L, TokenKind.BRACKET_L})
_CLOSING = frozenset({TokenKind.BRACE_R, TokenKind.PAREN_R, TokenKind.BRACKET_R})


def parsed(query: str) -> DocumentNode:
    """Return the query as a document. Raises ``GraphQLError`` for what is no GraphQL, and for what is too large."""
    _measure(query)
    document = parse(query)
    fields = 0
    for selected in _selections(document):
        fields += len(selected.selections)
        if fields > FIELDS or len(selected.selections) > BESIDE:
            raise GraphQLError(f"the query has too many fields: {BESIDE} beside one another, {FIELDS} in all")
    return document


def _measure(query: str) -> None:
    """Raise ``GraphQLError`` for a query that is too deep or too long. Reading its tokens takes no stack."""
    lexer = Lexer(Source(query))
    depth = tokens = 0
    while (token := lexer.advance()).kind is not TokenKind.EOF:
        tokens += 1
        depth += (token.kind in _OPENING) - (token.kind in _CLOSING)
        if depth > DEPTH:
            raise GraphQLError(f"the query is more than {DEPTH} levels deep")
        if tokens > TOKENS:
            raise GraphQLError(f"the query has more than {TOKENS} tokens")


def _selections(document: DocumentNode) -> Iterator[SelectionSetNode]:
    """Yield every selection of a document."""
    found = [
        each.selection_set
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode | FragmentDefinitionNode)
    ]
    while found:
        selected = found.pop()
        yield selected
        below = (getattr(each, "selection_set", None) for each in selected.selections)
        found += [each for each in below if each is not None]
