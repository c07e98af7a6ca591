"""Creates and migrates the tables of any database, in a transaction that the caller opened."""

from sqlalchemy import Connection, insert, text, update

from gateway.store.core import tables
from gateway.store.migrations import HEAD, OLDEST, revision


def bring_up_to_date(connection: Connection, found: int) -> None:
    """Create the tables, or migrate them to ``HEAD``.

    Args:
        connection: A connection with a transaction open, which the caller commits.
        found: The version the database has, 0 for an empty one.
    """
    if found == 0:
        create(connection)
    elif found < HEAD:
        migrate(connection, HEAD)
        connection.execute(update(tables.owner).values(oldest=OLDEST))


def create(connection: Connection) -> None:
    """Create all tables in an empty database, with what the store expects to find in them. Needs no Alembic.

    Args:
        connection: A connection with a transaction open, which the caller commits.
    """
    tables.metadata.create_all(connection, checkfirst=False)
    connection.execute(insert(tables.owner).values(one=1, epoch=0, last_seq=0, checked_at=0, oldest=OLDEST))
    connection.execute(insert(tables.alembic_version).values(version_num=revision(HEAD)))


def migrate(connection: Connection, to: int) -> None:
    """Run the revisions that are missing up to a version.

    Args:
        connection: A connection with a transaction open, which the caller commits.
        to: The number of the version.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "gateway.store:migrations")
    config.attributes["connection"] = connection
    if former := _former_version(connection):
        command.stamp(config, revision(former))
        connection.execute(text("DROP TABLE schema_version"))
    command.upgrade(config, revision(to))


def _former_version(connection: Connection) -> int:
    """Return the version that a gateway before Alembic wrote down in a table of its own, 0 if there is none."""
    if not connection.dialect.has_table(connection, "schema_version"):
        return 0
    return int(connection.execute(text("SELECT version FROM schema_version")).scalar_one())
