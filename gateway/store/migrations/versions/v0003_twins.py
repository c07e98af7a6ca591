"""The body of another delivery of the same message, and the end of notes in a former form."""

from alembic import op

revision = "0003"
down_revision: str | None = "0002"

STATEMENTS = (
    # The body of another delivery of the same message, which may say what the first one did not.
    "ALTER TABLE deliveries ADD COLUMN twin BLOB",
    # Ends of sessions in their former form, which could be taken for an adapter's now; an idle session is found
    # again.
    """UPDATE deliveries SET state = 1, closed_at = received_at, ref = NULL, body = NULL
        WHERE state = 0 AND substr(body, 1, 11) = CAST('{"gateway":' AS BLOB)
        AND (substr(key, 1, length(conversation) + 6) = conversation || ':idle:'
        OR substr(key, 1, length(conversation) + 9) = conversation || ':removed:')""",
)


def upgrade() -> None:
    """Run the statements, which are SQLite's: PostgreSQL has never had an older version."""
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
