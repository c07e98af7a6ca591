"""What the resolvers of one GraphQL request share."""

from collections import Counter
from typing import TypeAlias

from graphql import GraphQLError, GraphQLResolveInfo

from gateway.adapter import ApiKey
from gateway.http.api.parts import ApiParts
from gateway.http.graphql.limits import CHARACTERS
from gateway.ports.records import Condition, Noun, RecordQuery, Row

_ROW = 200
"""Characters that every step counts for, however short it is."""
_AT_ONCE = 500
"""Rows that are read at once where all of them are wanted."""


class Call:
    """One GraphQL request, with the key that it brought.

    Args:
        parts: The objects of the API.
        key: The key.
    """

    def __init__(self, parts: ApiParts, key: ApiKey) -> None:
        self.parts = parts
        self.key = key
        self.written: Counter[str] = Counter()
        """How often each change was made, for the audit."""
        self._left = CHARACTERS

    def spend(self, row: Row) -> None:
        """Count the characters of a step. Raises ``GraphQLError`` once the answer has too many."""
        self._left -= _ROW + len(row["input"] or "") + len(row["output"] or "")
        if self._left < 0:
            raise GraphQLError(f"the answer has more than {CHARACTERS} characters of steps: ask for fewer rows (first)")

    async def row(self, noun: Noun, id: str, field: str = "id") -> Row | None:
        """Return the row with a value in a field; None where there is none."""
        found = await self.parts.store.record_page(RecordQuery(noun, (Condition(field, "eq", id),), limit=1))
        return found.rows[0] if found.rows else None

    async def rows(self, noun: Noun, *conditions: Condition) -> list[Row]:
        """Return all rows that meet conditions, the oldest first."""
        found: list[Row] = []
        cursor: str | None = None
        while True:
            page = await self.parts.store.record_page(RecordQuery(noun, conditions, False, _AT_ONCE, cursor))
            if noun == "steps":
                for row in page.rows:
                    self.spend(row)
            found += page.rows
            if (cursor := page.cursor) is None:
                return found


Info: TypeAlias = GraphQLResolveInfo[Call]
"""What the library tells a resolver of the request that it works for."""
