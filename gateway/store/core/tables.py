"""The one definition of the gateway's tables, for SQLite and PostgreSQL: what runs the bot, and what is kept of
conversations.

Names in camel case are those of Chainlit's documented schema, which ``gateway.data.sql_alchemy`` reads and writes. Ids
are text on both databases. There are no foreign keys: checking them would cost every event, and what is deleted
together is deleted in one transaction.
"""

from typing import Any

from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import TypeEngine

from gateway import step_search
from gateway.store.core import distributed

metadata = MetaData()
"""All tables of the gateway."""

_BIG: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits. SQLite needs the word INTEGER to make a primary key the row's own number."""
_TEXT: TypeEngine[str] = Text().with_variant(Text(collation="C"), "postgresql")
"""Text. Texts are compared in the order of characters on both databases, whatever the locale of the whole database is:
the parts of keys are found by ranges, and a page goes on behind the last row of the one before."""
_SECONDS: TypeEngine[float] = Double[float]().with_variant(REAL[float](), "sqlite")
"""Seconds since the epoch, in 64 bits."""
_NUMBER = _SECONDS
"""Any number, in 64 bits."""
_OBJECT: TypeEngine[Any] = Text().with_variant(JSONB(), "postgresql")
"""A JSON object; on SQLite its text."""
_LIST: TypeEngine[Any] = Text().with_variant(ARRAY(Text()), "postgresql")
"""A list of texts; on SQLite the text of a JSON array."""

_ZERO = text("0")
_NOTHING = text("''")


def _only(condition: str) -> dict[str, Any]:
    """Return the arguments of an index that holds only the rows for which the condition is true."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


alembic_version = Table(
    "alembic_version",
    metadata,
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""The version of the tables, in one row, where Alembic looks for it."""

owner = Table(
    "owner",
    metadata,
    Column("one", Integer(), CheckConstraint("one = 1"), primary_key=True, autoincrement=False),
    Column("epoch", _BIG, nullable=False),
    Column("last_seq", _BIG, nullable=False),
    Column("checked_at", _SECONDS, nullable=False),
    Column("oldest", Integer(), nullable=False, server_default=_ZERO),
)
"""The owner of the database, in one row.

``oldest`` is the oldest version of the tables whose gateways may go on with these (``gateway.store.migrations``).

``last_seq`` outlives the deliveries it counted, so that a seq is never given twice. ``checked_at`` is the time of the
last proof that a commit works.
"""

deliveries = Table(
    "deliveries",
    metadata,
    Column("seq", _BIG, primary_key=True, autoincrement=False),
    Column("key", _TEXT, nullable=False, unique=True),
    Column("conversation", _TEXT, nullable=False),
    Column("ref", LargeBinary()),
    Column("body", LargeBinary()),
    Column("received_at", _SECONDS, nullable=False),
    Column("state", Integer(), nullable=False, server_default=_ZERO),
    Column("attempts", Integer(), nullable=False, server_default=_ZERO),
    Column("interrupted", Integer(), nullable=False, server_default=_ZERO),
    Column("revived", Integer(), nullable=False, server_default=_ZERO),
    Column("started", _BIG, nullable=False, server_default=_ZERO),
    Column("not_before", _SECONDS, nullable=False, server_default=_ZERO),
    Column("closed_at", _SECONDS),
    Column("error", _TEXT),
    Column("twin", LargeBinary()),
    Column("posted", _TEXT),
    Column("person", _TEXT),
    Index("deliveries_open", "seq", **_only("state = 0")),
    Index("deliveries_open_in", "conversation", "seq", **_only("state = 0")),
    Index("deliveries_dead", "closed_at", **_only("state = 2")),
)
"""The inbox.

``state`` is 0 open, 1 done, 2 dead; statements write the number out, because partial indexes need that. These indexes
make the cost of finding open rows independent of the number of done ones, which are pruned in the order of arrival and
need no index. ``started`` is the epoch of the owner that began the delivery's turn, 0 for none. ``closed_at`` is when
it became done or dead. ``twin`` is the body of another delivery of the same message, which may say what the first one
did not. ``posted`` has the ids (separated by blanks) of the messages its turn posted, where a platform finds messages
only by text. ``person`` is whose delivery it is (``UserRef.key``) while it is open or dead, so that it can be erased;
NULL where the platform itself sent it.
"""

effects = Table(
    "effects",
    metadata,
    Column("delivery", _TEXT, primary_key=True),
    Column("ordinal", Integer(), primary_key=True, autoincrement=False),
    Column("kind", _TEXT, nullable=False),
    Column("body", LargeBinary(), nullable=False),
    sqlite_with_rowid=False,
)
"""The journals of turns; a row is only ever found by its key, so it needs no number of its own on SQLite."""

sessions = Table(
    "sessions",
    metadata,
    Column("conversation", _TEXT, primary_key=True),
    Column("id", _TEXT, nullable=False),
    Column("ref", LargeBinary()),
    Column("opened_by", LargeBinary()),
    Column("data", LargeBinary()),
    Column("started_at", _SECONDS, nullable=False),
    Column("last_at", _SECONDS, nullable=False),
    Column("ended_at", _SECONDS),
    Index("sessions_idle", "last_at", **_only("ended_at IS NULL")),
    Index("sessions_ended", "ended_at", **_only("ended_at IS NOT NULL")),
)
"""The newest session of each conversation.

On SQLite rows keep their number: those in use are side by side by it. By conversation they would be spread over the
table, which writes more pages per commit than the index on the key.
"""

tokens = Table(
    "tokens",
    metadata,
    Column("key", _TEXT, primary_key=True),
    Column("body", LargeBinary(), nullable=False),
    Column("put_at", _SECONDS, nullable=False),
    Index("tokens_put_at", "put_at"),
)
"""What a short token in a button or link stands for."""

key_values = Table(
    "key_values",
    metadata,
    Column("owner", _TEXT, primary_key=True),
    Column("name", _TEXT, primary_key=True),
    Column("body", LargeBinary(), nullable=False),
    Column("put_at", _SECONDS, nullable=False),
    Index("key_values_put_at", "owner", "put_at"),
)
"""Small values that adapters and the gateway itself keep; ``owner`` says who did."""

message_records = Table(
    "message_records",
    metadata,
    Column("key", _TEXT, primary_key=True),
    Column("body", LargeBinary(), nullable=False),
    Column("put_at", _SECONDS, nullable=False),
    Index("message_records_put_at", "put_at"),
)
"""What is known of single messages of the platforms."""

outbox = Table(
    "outbox",
    metadata,
    Column("seq", _BIG, primary_key=True),
    Column("thread", _TEXT, nullable=False),
    Column("body", LargeBinary(), nullable=False),
    Column("put_at", _SECONDS, nullable=False),
    Column("attempts", Integer(), nullable=False, server_default=_ZERO),
    Column("not_before", _SECONDS, nullable=False, server_default=_ZERO),
    Column("error", _TEXT),
    Index("outbox_thread", "thread", "seq"),
)
"""What waits for a data layer elsewhere, delivered in the order of ``seq`` within each thread."""

admin_requests = Table(
    "admin_requests",
    metadata,
    Column("id", _BIG, primary_key=True),
    Column("kind", _TEXT, nullable=False),
    Column("argument", _TEXT, nullable=False),
    Column("asked_at", _SECONDS, nullable=False),
    Column("done_at", _SECONDS),
    Column("result", _TEXT),
    sqlite_autoincrement=True,
)
"""What the command line asks of the running gateway, and what came of it. An id is never given twice."""

audit = Table(
    "audit",
    metadata,
    Column("id", _BIG, primary_key=True),
    Column("at", _TEXT, nullable=False),
    Column("action", _TEXT, nullable=False),
    Column("subject", _TEXT),
    Column("details", _TEXT),
)
"""One line for each export, erasure and expiry; ``at`` is ISO 8601 in UTC."""

users = Table(
    "users",
    metadata,
    Column("id", _TEXT, primary_key=True),
    Column("identifier", _TEXT, nullable=False, unique=True),
    Column("createdAt", _TEXT),
    Column("metadata", _OBJECT, nullable=False),
)
"""The people who talked to the bot."""

threads = Table(
    "threads",
    metadata,
    Column("id", _TEXT, primary_key=True),
    Column("createdAt", _TEXT),
    Column("updatedAt", _TEXT),
    Column("name", _TEXT),
    Column("userId", _TEXT),
    Column("userIdentifier", _TEXT),
    Column("tags", _LIST),
    Column("metadata", _OBJECT),
    Column("conversation", _TEXT, nullable=False, server_default=_NOTHING),
    Column("platform", _TEXT),
    Column("ref", LargeBinary()),
    Index("threads_user", "userId", "createdAt"),
    Index("threads_conversation", "conversation"),
    Index("threads_updated", "updatedAt"),
    Index("threads_created", "createdAt"),
)
"""The conversations that are kept.

``conversation`` is ``ConversationRef.key``, empty for a thread that a program other than the gateway made; ``ref`` is
the whole reference.
"""

steps = Table(
    "steps",
    metadata,
    Column("id", _TEXT, primary_key=True),
    Column("name", _TEXT, nullable=False),
    Column("type", _TEXT, nullable=False),
    Column("threadId", _TEXT, nullable=False),
    Column("parentId", _TEXT),
    Column("streaming", Boolean()),
    Column("waitForAnswer", Boolean()),
    Column("isError", Boolean()),
    Column("metadata", _OBJECT),
    Column("tags", _LIST),
    Column("input", _TEXT),
    Column("output", Text()),
    Column("createdAt", _TEXT),
    Column("command", _TEXT),
    Column("start", _TEXT),
    Column("end", _TEXT),
    Column("generation", _OBJECT),
    Column("showInput", _TEXT),
    Column("language", _TEXT),
    Column("indent", Integer()),
    Column("defaultOpen", Boolean()),
    Column("autoCollapse", Boolean()),
    Column("userIdentifier", _TEXT),
    Column("given", _OBJECT),
    Index("steps_thread", "threadId"),
    Index("steps_user", "userIdentifier"),
)
"""Messages and steps; ``userIdentifier`` is the person whose words they are.

``output`` is searched without regard to case, so PostgreSQL has it in the locale of the database. ``given`` is what a
program that is no handler gave beside the documented columns: ``input`` and ``output`` that are no
texts as JSON, ``error``, ``rootRunId``.
"""

elements = Table(
    "elements",
    metadata,
    Column("id", _TEXT, primary_key=True),
    Column("threadId", _TEXT),
    Column("type", _TEXT),
    Column("url", _TEXT),
    Column("chainlitKey", _TEXT),
    Column("name", _TEXT, nullable=False),
    Column("display", _TEXT),
    Column("objectKey", _TEXT),
    Column("size", _TEXT),
    Column("page", Integer()),
    Column("language", _TEXT),
    Column("forId", _TEXT),
    Column("mime", _TEXT),
    Column("props", _OBJECT),
    Column("autoPlay", Boolean()),
    Column("playerConfig", _OBJECT),
    Column("userIdentifier", _TEXT),
    Index("elements_thread", "threadId"),
    Index("elements_for", "forId"),
    Index("elements_object", "objectKey", **_only('"objectKey" IS NOT NULL')),
    Index("elements_user", "userIdentifier"),
)
"""Files and other elements of steps; ``objectKey`` is where the content is."""

feedbacks = Table(
    "feedbacks",
    metadata,
    Column("id", _TEXT, primary_key=True),
    Column("forId", _TEXT, nullable=False),
    Column("threadId", _TEXT),
    Column("value", Integer(), nullable=False),
    Column("comment", _TEXT),
    Column("userIdentifier", _TEXT),
    Column("createdAt", _TEXT),
    Index("feedbacks_for", "forId"),
    Index("feedbacks_user", "userIdentifier"),
)
"""What people thought of steps: ``value`` is 1 for good, 0 for bad."""

scores = Table(
    "scores",
    metadata,
    Column("id", _TEXT, primary_key=True),
    Column("stepId", _TEXT, nullable=False),
    Column("threadId", _TEXT, nullable=False),
    Column("name", _TEXT, nullable=False),
    Column("type", _TEXT, nullable=False),
    Column("value", _NUMBER, nullable=False),
    Column("comment", _TEXT),
    Column("label", _TEXT),
    Column("tags", _LIST),
    Column("userIdentifier", _TEXT),
    Column("createdAt", _TEXT),
    Index("scores_step", "stepId"),
    Index("scores_thread", "threadId"),
    Index("scores_user", "userIdentifier"),
)
"""What programs say of steps: ``type`` is HUMAN, AI or CODE. Thumbs of people are in ``feedbacks``."""

documents = Table(
    "documents",
    metadata,
    Column("rank", _BIG, primary_key=True),
    Column("kind", _TEXT, nullable=False),
    Column("id", _TEXT, nullable=False),
    Column("parent", _TEXT, nullable=False, server_default=_NOTHING),
    Column("person", _TEXT, nullable=False, server_default=_NOTHING),
    Column("conversation", _TEXT, nullable=False, server_default=_NOTHING),
    Column("body", LargeBinary(), nullable=False),
    Column("put_at", _SECONDS, nullable=False),
    UniqueConstraint("kind", "id"),
    Index("documents_kind", "kind", "rank"),
    Index("documents_below", "kind", "parent", "rank"),
    Index("documents_person", "person", **_only("person <> ''")),
    Index("documents_conversation", "conversation", **_only("conversation <> ''")),
)
"""JSON objects of adapters and HTTP interfaces; ``rank`` is the order in which they were made."""


def _create_search_index(target: MetaData, connection: Connection, **_: Any) -> None:
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql(step_search.HAS_FTS5).scalar():
        for statement in step_search.CREATE:
            connection.exec_driver_sql(statement)


def _prepare_for_replicas(target: MetaData, connection: Connection, **_: Any) -> None:
    if connection.dialect.name == "postgresql":
        for statement in distributed.STATEMENTS:
            connection.exec_driver_sql(statement)


event.listen(metadata, "after_create", _prepare_for_replicas)
# ``gateway.step_search`` says what these tables and triggers are for. Only SQLite with FTS5 has them.
event.listen(metadata, "after_create", _create_search_index)
