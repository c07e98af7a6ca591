"""The ids of the messages a turn posted."""

from alembic import op

revision = "0004"
down_revision: str | None = "0003"

STATEMENTS = (
    # Ids (separated by blanks) of the messages its turn posted, where a platform finds messages only by text.
    "ALTER TABLE deliveries ADD COLUMN posted TEXT",
)


def upgrade() -> None:
    """Run the statements, which are SQLite's: PostgreSQL has never had an older version."""
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
