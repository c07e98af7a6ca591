"""Whose each delivery is, so that what a person wrote can be erased before its turn is done."""

from alembic import op

revision = "0007"
down_revision: str | None = "0006"


def upgrade() -> None:
    """Run the statement, which both databases take."""
    op.get_bind().exec_driver_sql("ALTER TABLE deliveries ADD COLUMN person TEXT")
