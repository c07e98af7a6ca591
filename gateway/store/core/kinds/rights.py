"""The operations by which a person's data are found and erased."""

import json
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import orjson

from gateway.model import Record, Removed, StepEdited, ThreadNamed, ThreadRecord, UserRecord
from gateway.ports import ANEW, PEOPLE, Erased, Traces
from gateway.store.core.codec import load_user, loads
from gateway.store.core.kind import Kind
from gateway.store.core.kinds.deliveries import DEAD, FORGET_EFFECTS, OPEN
from gateway.store.core.records import dump_records, load_records
from gateway.store.core.statements import ByKeys
from gateway.store.core.transaction import Transaction
from gateway.store.core.words import Statement

# ``?1`` is the person in all statements on the tables of history.
MINE = """WITH mine (id) AS (
        SELECT id FROM threads WHERE "userIdentifier" = ?1
        UNION SELECT "threadId" FROM steps WHERE "userIdentifier" = ?1
        UNION SELECT "threadId" FROM elements WHERE "userIdentifier" = ?1 AND "threadId" IS NOT NULL
        UNION SELECT steps."threadId" FROM feedbacks JOIN steps ON steps.id = feedbacks."forId"
            WHERE feedbacks."userIdentifier" = ?1
    )"""
"""The beginning of a statement on the ids of the threads that a person (``?1``) took part in."""
_THREADS = f"""{MINE}
    SELECT mine.id, coalesce(threads.conversation, ''),
        coalesce(threads."userIdentifier", ?1) <> ?1
        OR EXISTS (SELECT 1 FROM steps WHERE "threadId" = mine.id AND coalesce("userIdentifier", '') NOT IN ('', ?1))
        OR EXISTS (SELECT 1 FROM elements WHERE "threadId" = mine.id
            AND coalesce("userIdentifier", '') NOT IN ('', ?1))
        OR EXISTS (SELECT 1 FROM steps JOIN feedbacks ON feedbacks."forId" = steps.id
            WHERE steps."threadId" = mine.id AND coalesce(feedbacks."userIdentifier", '') NOT IN ('', ?1))
    FROM mine LEFT JOIN threads ON threads.id = mine.id"""  # noqa: S608
_SESSIONS = """SELECT conversation, id, opened_by, data FROM sessions WHERE ended_at IS NULL
    AND (id IN (SELECT value FROM json_each(?)) OR instr(opened_by, ?) > 0 OR instr(data, ?) > 0)"""
_WAITING = """SELECT conversation FROM deliveries WHERE state = 0 AND person = ?1
    UNION SELECT conversation FROM deliveries WHERE state = 2 AND person = ?1"""
_ROWS = """SELECT (SELECT count(*) FROM users WHERE identifier = ?1)
    + (SELECT count(*) FROM key_values WHERE owner = 'gateway' AND name = 'settings:' || ?1)
    + (SELECT count(*) FROM documents WHERE person = ?1 AND person <> '')"""
_OTHERS_THREADS = """SELECT DISTINCT conversation FROM threads WHERE conversation IN (SELECT value FROM json_each(?2))
    AND coalesce("userIdentifier", ?1) NOT IN ('', ?1)"""

_MY_ELEMENTS = """("userIdentifier" = ?1 OR "threadId" IN (SELECT value FROM json_each(?2))
    OR (coalesce("userIdentifier", '') = ''
        AND "forId" IN (SELECT id FROM steps WHERE "userIdentifier" = ?1)))"""
_OBJECT_KEYS = f"""SELECT DISTINCT "objectKey" FROM elements WHERE "objectKey" IS NOT NULL AND {_MY_ELEMENTS}"""  # noqa: S608

# The title of a conversation that others go on with: it was the first message, so it goes with whoever wrote that.
_TITLES = """UPDATE threads SET name = NULL WHERE id IN (SELECT value FROM json_each(?2)) AND name IS NOT NULL
    AND ("userIdentifier" = ?1 OR ?1 = (SELECT "userIdentifier" FROM steps
        WHERE "threadId" = threads.id AND type = 'user_message'
        ORDER BY "createdAt" NULLS FIRST, start NULLS FIRST, id LIMIT 1))"""
_DISOWN = Statement(
    """UPDATE threads SET "userId" = NULL, "userIdentifier" = NULL, metadata = json_object(
        'client_type', json_extract(metadata, '$.client_type'),
        'chat_profile', json_extract(metadata, '$.chat_profile'))
    WHERE id IN (SELECT value FROM json_each(?2)) AND "userIdentifier" = ?1""",
    postgresql="""UPDATE threads SET "userId" = NULL, "userIdentifier" = NULL, metadata = jsonb_build_object(
        'client_type', metadata -> 'client_type', 'chat_profile', metadata -> 'chat_profile')
    WHERE id IN (SELECT value FROM json_each(?2)) AND "userIdentifier" = ?1""",
)

_STEPS_OF_PERSON = 'SELECT id FROM steps WHERE "userIdentifier" = ? LIMIT ?'
_STEPS_OF_THREADS = 'SELECT id FROM steps WHERE "threadId" IN (SELECT value FROM json_each(?)) LIMIT ?'
_DELETE_FEEDBACKS_ON = 'DELETE FROM feedbacks WHERE "forId" IN (SELECT value FROM json_each(?))'
_DELETE_ELEMENTS_OF = 'DELETE FROM elements WHERE "forId" IN (SELECT value FROM json_each(?))'
_DELETE_SCORES_ON = 'DELETE FROM scores WHERE "stepId" IN (SELECT value FROM json_each(?))'
_DELETE_STEPS = "DELETE FROM steps WHERE id IN (SELECT value FROM json_each(?))"
_DELETE_FEEDBACKS = 'DELETE FROM feedbacks WHERE "userIdentifier" = ?'
_DELETE_ELEMENTS = 'DELETE FROM elements WHERE "userIdentifier" = ?'
_DELETE_ELEMENTS_IN = 'DELETE FROM elements WHERE "threadId" IN (SELECT value FROM json_each(?))'
_DELETE_THREADS = "DELETE FROM threads WHERE id IN (SELECT value FROM json_each(?))"
_ORPHANS = """UPDATE steps SET "parentId" = NULL WHERE "threadId" IN (SELECT value FROM json_each(?))
    AND "parentId" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM steps AS parent WHERE parent.id = steps."parentId")"""

_DELETE_SESSIONS = "DELETE FROM sessions WHERE conversation = ?1 AND id IN (SELECT value FROM json_each(?2))"
_EMPTY_SESSION = """UPDATE sessions SET data = ?3, opened_by = CASE WHEN instr(opened_by, ?4) > 0 THEN NULL
    ELSE opened_by END WHERE conversation = ?1 AND ended_at IS NULL AND id IN (SELECT value FROM json_each(?2))"""
# The name a thread gets is its first message.
_NO_TITLE = "CAST(json_replace(CAST(ref AS TEXT), '$.route.title', '') AS BLOB)"
_NO_TITLE_THERE = """convert_to(CAST(jsonb_set(
    CAST(convert_from(ref, 'UTF8') AS jsonb), '{route,title}', '""', false) AS text), 'UTF8')"""
_UNTITLE = [
    Statement(
        f"UPDATE {table} SET ref = {_NO_TITLE} WHERE conversation = ? AND ref IS NOT NULL{which}",  # noqa: S608
        postgresql=f"UPDATE {table} SET ref = {_NO_TITLE_THERE} WHERE conversation = ? AND ref IS NOT NULL{which}",  # noqa: S608
    )
    for table, which in (
        ("threads", ""),
        ("sessions", ""),
        ("deliveries", " AND state = 0"),
        ("deliveries", " AND state = 2"),
    )
]
_TOKENS = """SELECT key FROM tokens
    WHERE json_extract(CAST(body AS TEXT), '$.conversation') IN (SELECT value FROM json_each(?))"""
_DELETE_TOKENS = ByKeys("DELETE FROM tokens WHERE key IN")
_DELETE_MESSAGES = "DELETE FROM message_records WHERE key > ?1 AND key < ?2 AND (?3 OR instr(substr(key, ?4), ':') = 0)"
_DELETE_VALUES = "DELETE FROM key_values WHERE owner = 'adapter' AND name = ?1"
_FIND_VALUES = "SELECT name FROM key_values WHERE owner = 'adapter'"
_OUTBOX = "SELECT seq, body FROM outbox WHERE thread = ?"
_DELETE_OUTBOX = "DELETE FROM outbox WHERE seq = ?"
_CHANGE_OUTBOX = "UPDATE outbox SET body = ? WHERE seq = ?"

# An older gateway did not write down whose a delivery is: there the body says it. The states are written out, because
# the indexes of open and of dead deliveries are only used then.
_MY_DELIVERIES = [
    f"""SELECT key FROM deliveries WHERE state = {state} AND received_at < ?2 AND (person = ?1
        OR (person IS NULL AND (conversation IN (SELECT value FROM json_each(?3)) OR instr(body, ?4) > 0)))"""  # noqa: S608
    for state in (OPEN, DEAD)
]
_CLOSE_DELIVERIES = """UPDATE deliveries SET state = 1, closed_at = ?2, ref = NULL, body = NULL, twin = NULL,
    error = NULL, person = NULL WHERE key = ?1"""
_DELETE_SETTINGS = "DELETE FROM key_values WHERE owner = 'gateway' AND name = 'settings:' || ?1"
_DELETE_SCORES = 'DELETE FROM scores WHERE "userIdentifier" = ?1'
_DELETE_DOCUMENTS = "DELETE FROM documents WHERE person = ?1 AND person <> ''"
_DELETE_USER = "DELETE FROM users WHERE identifier = ?1"

Piece: TypeAlias = tuple[str, bool]
"""A conversation, and whether nobody but the person took part in it."""


class Conversations(NamedTuple):
    """Some of the conversations of a person who is erased."""

    person: str
    pieces: Sequence[Piece]
    ids: Sequence[str]
    """Ids of the person's threads and sessions, in these and other conversations."""


def quoted(text: str) -> bytes:
    """Return a text as it stands in JSON."""
    return orjson.dumps(text)


def id_of(person: str) -> str:
    """Return the platform's id in the key of a person."""
    return person.split(":", 2)[-1]


def _traces(tx: Transaction, people: Sequence[str]) -> list[Traces]:
    return [_traces_of(tx, person) for person in people]


def _traces_of(tx: Transaction, person: str) -> Traces:
    own: dict[str, None] = {}
    shared: dict[str, None] = {}
    conversations: dict[str, bool] = {}
    for id, conversation, others in tx.execute(_THREADS, (person,)).fetchall():
        (shared if others else own)[id] = None
        if conversation:
            conversations[conversation] = conversations.get(conversation, True) and not others
    opened = b'"id":' + quoted(id_of(person))
    ids = json.dumps([*own, *shared])
    for conversation, id, opened_by, data in tx.execute(_SESSIONS, (ids, opened, quoted(person))).fetchall():
        opener = None if opened_by is None else load_user(opened_by)
        people: list[str] = loads(data).get(PEOPLE, []) if data else []
        alone = set(people) <= {person} and (opener is None or not opener.id or opener.key == person)
        if id not in own and id not in shared:
            if (opener is None or opener.key != person) and person not in people:
                continue  # a person of another workspace with the same id opened it
            (own if alone else shared)[id] = None
        conversations[conversation] = conversations.get(conversation, True) and alone and id not in shared
    for (conversation,) in tx.execute(_WAITING, (person,)).fetchall():
        conversations.setdefault(conversation, False)
    for (conversation,) in tx.execute(_OTHERS_THREADS, (person, json.dumps(list(conversations)))).fetchall():
        conversations[conversation] = False
    rows: int = tx.execute(_ROWS, (person,)).fetchone()[0]
    return Traces(list(own), list(shared), conversations, rows)


def _object_keys(tx: Transaction, items: Sequence[tuple[str, Sequence[str]]]) -> list[list[str]]:
    return [
        [key for (key,) in tx.execute(_OBJECT_KEYS, (person, json.dumps(list(own)))).fetchall()]
        for person, own in items
    ]


def _find_tokens(tx: Transaction, items: Sequence[Sequence[str]]) -> list[list[str]]:
    return [
        [key for (key,) in tx.execute(_TOKENS, (json.dumps(list(conversations)),)).fetchall()]
        for conversations in items
    ]


def _tokens(tx: Transaction, items: Sequence[Sequence[str]]) -> list[None]:
    for keys in items:
        _DELETE_TOKENS.run(tx, keys)
    return [None] * len(items)


def _titles(tx: Transaction, items: Sequence[tuple[str, Sequence[str]]]) -> list[None]:
    for person, shared in items:
        ids = json.dumps(list(shared))
        tx.execute(_TITLES, (person, ids))
        tx.execute(_DISOWN, (person, ids))
    return [None] * len(items)


def _conversations(tx: Transaction, items: Sequence[Conversations]) -> list[None]:
    for item in items:
        ids = json.dumps(list(item.ids))
        opener = b'"id":' + quoted(id_of(item.person))
        for conversation, alone in item.pieces:
            if alone:
                tx.execute(_DELETE_SESSIONS, (conversation, ids))
            else:
                tx.execute(_EMPTY_SESSION, (conversation, ids, orjson.dumps({ANEW: True}), opener))
                for statement in _UNTITLE:
                    tx.execute(statement, (conversation,))
            for kind in ("m", "p"):
                start = f"{kind}:{conversation}"
                tx.execute(_DELETE_MESSAGES, (f"{start}:", f"{start};", alone, len(start) + 2))
            _thin_outbox(tx, item.person, conversation, alone=alone)
    return [None] * len(items)


def _thin_outbox(tx: Transaction, person: str, conversation: str, *, alone: bool) -> None:
    """Take what is the person's out of what waits for a data layer elsewhere."""
    for seq, body in tx.execute(_OUTBOX, (conversation,)).fetchall():
        records = load_records(body)
        left = [] if alone else [_untitled(record) for record in records if not _is_of(record, person)]
        if not left:
            tx.execute(_DELETE_OUTBOX, (seq,))
        elif left != records:
            tx.execute(_CHANGE_OUTBOX, (dump_records(left), seq))


def _untitled(record: Record) -> Record:
    """Return the record without the title of a thread: whose words that is, is not said."""
    return record._replace(name=None) if isinstance(record, ThreadRecord) else record


def _is_of(record: Record, person: str) -> bool:
    match record:
        case UserRecord():
            return record.identifier == person
        case ThreadNamed() | StepEdited():
            return True  # whose words these are is not said
        case Removed():
            return False
        case _:
            return record.user == person


def _steps(tx: Transaction, items: Sequence[tuple[str, int]]) -> list[Erased]:
    """Delete some of a person's own steps, and with the last ones the person's elements and feedback."""
    results: list[Erased] = []
    for person, limit in items:
        erased = delete_steps(tx, [id for (id,) in tx.execute(_STEPS_OF_PERSON, (person, limit)).fetchall()])
        if erased.steps < limit:
            elements = tx.execute(_DELETE_ELEMENTS, (person,)).rowcount
            feedbacks = tx.execute(_DELETE_FEEDBACKS, (person,)).rowcount
            erased = erased.plus(Erased(elements=elements, feedbacks=feedbacks))
        results.append(erased)
    return results


def _threads(tx: Transaction, items: Sequence[tuple[Sequence[str], int]]) -> list[Erased]:
    """Delete some of the steps of threads, and with the last ones the threads themselves."""
    results: list[Erased] = []
    for threads, limit in items:
        ids = json.dumps(list(threads))
        erased = delete_steps(tx, [id for (id,) in tx.execute(_STEPS_OF_THREADS, (ids, limit)).fetchall()])
        if erased.steps < limit:
            elements = tx.execute(_DELETE_ELEMENTS_IN, (ids,)).rowcount
            gone = tx.execute(_DELETE_THREADS, (ids,)).rowcount
            erased = erased.plus(Erased(threads=gone, elements=elements))
        results.append(erased)
    return results


def delete_steps(tx: Transaction, steps: Sequence[str]) -> Erased:
    """Delete steps with their elements and what was thought of them."""
    if not steps:
        return Erased()
    ids = json.dumps(list(steps))
    feedbacks = tx.execute(_DELETE_FEEDBACKS_ON, (ids,)).rowcount
    elements = tx.execute(_DELETE_ELEMENTS_OF, (ids,)).rowcount
    tx.execute(_DELETE_SCORES_ON, (ids,))
    return Erased(0, tx.execute(_DELETE_STEPS, (ids,)).rowcount, elements, feedbacks)


def _rest(tx: Transaction, items: Sequence[tuple[str, Traces, float]]) -> list[None]:
    """Delete what remains of a person: deliveries, settings, what adapters keep, the person's own row."""
    for person, traces, before in items:
        for start in range(0, len(traces.shared), 500):
            tx.execute(_ORPHANS, (json.dumps(list(traces.shared[start : start + 500])),))
        own = json.dumps([conversation for conversation, alone in traces.conversations.items() if alone])
        which = (person, before, own, quoted(id_of(person)))
        keys = [key for statement in _MY_DELIVERIES for (key,) in tx.execute(statement, which).fetchall()]
        FORGET_EFFECTS.run(tx, keys)
        tx.executemany(_CLOSE_DELIVERIES, [(key, tx.now) for key in keys])
        channels = {conversation.split(":")[2] for conversation in json.loads(own) if conversation.count(":") > 1}
        for (name,) in tx.execute(_FIND_VALUES).fetchall():
            if any(part in channels or part == id_of(person) for part in name.replace(".", ":").split(":")):
                tx.execute(_DELETE_VALUES, (name,))
        tx.execute(_DELETE_SETTINGS, (person,))
        tx.execute(_DELETE_SCORES, (person,))
        tx.execute(_DELETE_DOCUMENTS, (person,))
        tx.execute(_DELETE_USER, (person,))
    return [None] * len(items)


FIND_TRACES = Kind(_traces, writes=False, owned=False)
FIND_OBJECT_KEYS = Kind(_object_keys, writes=False, owned=False)
FIND_TOKENS = Kind(_find_tokens, writes=False, owned=False)
ERASING_TOKENS = Kind(_tokens)
ERASING_TITLES = Kind(_titles)
ERASING_CONVERSATIONS = Kind(_conversations)
ERASING_STEPS = Kind(_steps)
ERASING_THREADS = Kind(_threads)
ERASING_REST = Kind(_rest)
