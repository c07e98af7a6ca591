"""Statements that the databases have in different words."""


class Statement(str):
    """A statement as SQLite has it, which carries PostgreSQL's words for the same. Both have question marks for
    placeholders, in the same order.

    Args:
        sqlite: The statement's text on SQLite.
        postgresql: Its text on PostgreSQL.
    """

    __slots__ = ("postgresql",)

    postgresql: str

    def __new__(cls, sqlite: str, *, postgresql: str) -> "Statement":
        statement = super().__new__(cls, sqlite)
        statement.postgresql = postgresql
        return statement


class ListText(str):
    """The text of a JSON array of texts: SQLite keeps it as it is, PostgreSQL as an array of texts."""

    __slots__ = ()
