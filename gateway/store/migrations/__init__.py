"""The migrations of the tables, by Alembic: which version this gateway knows, and what to do with another one.

``versions/`` holds one revision for each version. A new one gets the next number, is added to ``HEAD``, and brings an
existing database to what ``gateway.store.core.tables`` defines then; a new database is made from the definition alone.
What a database has beside tables and indexes (SQLite's virtual tables, triggers) hangs on the definition as DDL of the
event ``after_create``.
"""

from gateway.errors import SettingsError

HEAD = 12
"""The version this gateway knows. It is written down here so that looking at a database needs no Alembic."""
OLDEST = 12
"""The oldest version whose gateways may go on with tables of the version ``HEAD``. It is kept in the database, where
those gateways read it: replicas of two versions run side by side during an update. A version that takes away or
renames what the one before still uses has to raise it, which is done one version later than the new thing is added."""


def revision(version: int) -> str:
    """Return Alembic's name of a version.

    Args:
        version: The number of the version.
    """
    return f"{version:04d}"


def number(revision: str) -> int:
    """Return the number of a version by Alembic's name of it. Raises ``SettingsError`` for a name that is none of the
    gateway's.

    Args:
        revision: The name, as the table ``alembic_version`` holds it.
    """
    if not (revision.isdecimal() and revision.isascii()):
        raise belongs_to_another()
    return int(revision)


def belongs_to_another() -> SettingsError:
    """Return the error for a database whose tables are not the gateway's."""
    return SettingsError("it belongs to another program: let DATABASE_URL name a database of the gateway's own")


def refuse_newer(found: int, oldest: int | None = None) -> None:
    """Raise ``SettingsError`` for a version that only a newer gateway can use.

    Args:
        found: The number of the database's version.
        oldest: The oldest version whose gateways may use it too; None where that is this version alone.
    """
    if found > HEAD and (oldest is None or oldest > HEAD):
        raise SettingsError(
            f"a newer gateway wrote it (schema version {found}, this one knows {HEAD}): "
            "upgrade the gateway, or restore the copy made before the upgrade"
        )
