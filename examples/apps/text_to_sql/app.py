"""Ask a shop's database in plain words: the model writes SQL, the bot runs it, and both can be seen.

The database is a file of its own, made at the start. What the model writes may read it and nothing else, for a second
at most. A query that does not run is shown to the model once, to be mended.
"""

import json
import os
import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from openai import AsyncOpenAI

import gateway as cl

MODEL = os.environ.get("MODEL", "gpt-4o-mini")
DATABASE = Path(os.environ.get("GATEWAY_DATA_DIR", ".gateway")) / "shop.db"
SECONDS = 1.0
ROWS = 20

SCHEMA = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, city TEXT);
CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, price_in_cents INTEGER);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, product_id INTEGER, quantity INTEGER, day DATE);
"""
CUSTOMERS = [(1, "Ada", "London"), (2, "Grace", "New York"), (3, "Linus", "Helsinki"), (4, "Barbara", "London")]
PRODUCTS = [(1, "Kettle", 3900), (2, "Teapot", 2450), (3, "Cup", 690)]
ORDERS = [
    (1, 1, 1, 1, "2026-01-12"),
    (2, 1, 3, 6, "2026-01-12"),
    (3, 2, 2, 1, "2026-02-03"),
    (4, 4, 3, 2, "2026-02-20"),
    (5, 2, 1, 2, "2026-03-01"),
]

WRITE = f"""You write SQL for SQLite. Answer with one SELECT statement and nothing else. These are the tables:
{SCHEMA}"""
EXPLAIN = "Answer the question in one or two sentences, from the rows that a database returned. Do not show the rows."

client = AsyncOpenAI(api_key=os.environ.get("OPENAI_API_KEY", "none"))  # a local server needs no key


@cl.on_app_startup
def make_database():
    """Write the shop's database anew."""
    DATABASE.parent.mkdir(parents=True, exist_ok=True)
    DATABASE.unlink(missing_ok=True)
    with closing(sqlite3.connect(DATABASE)) as connection, connection:
        connection.executescript(SCHEMA)
        connection.executemany("INSERT INTO customers VALUES (?, ?, ?)", CUSTOMERS)
        connection.executemany("INSERT INTO products VALUES (?, ?, ?)", PRODUCTS)
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", ORDERS)


@cl.set_starters
async def starters(user: cl.User):
    return [
        cl.Starter(label="Count", message="How many customers are there?"),
        cl.Starter(label="List", message="Which products are there, and what do they cost?"),
        cl.Starter(label="Join", message="Who ordered most, by value?"),
    ]


@cl.on_message
async def main(message: cl.Message):
    query = await write_query(message.content)
    try:
        table = await run_query(query)
    except sqlite3.Error as error:
        query = await write_query(message.content, query, str(error))
        try:
            table = await run_query(query)
        except sqlite3.Error as again:
            await cl.ErrorMessage(f"I could not write a query for this that runs: {again}. Ask in other words?").send()
            return

    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
    found = f"{query.rstrip(';')} returned {len(rows)} rows:\n{json.dumps(rows)}"
    prompt = f"Context:\n{found}\n\nQuestion: {message.content}"
    answer = cl.Message()
    stream = await client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "system", "content": EXPLAIN}, {"role": "user", "content": prompt}],
        stream=True,
    )
    async for part in stream:
        if part.choices and (token := part.choices[0].delta.content):
            await answer.stream_token(token)
    await answer.stream_token(f"\n\n{as_markdown(table)}\n\n```sql\n{query}\n```")
    await answer.send()


@cl.step(type="llm", name="Write a query", language="sql")
async def write_query(question: str, failed: str = "", error: str = "") -> str:
    """Return the SQL that the model writes for a question, or in place of a query that failed."""
    messages = [{"role": "system", "content": WRITE}, {"role": "user", "content": question}]
    if failed:
        messages.append({"role": "assistant", "content": failed})
        messages.append({"role": "user", "content": f"That failed: {error}. Mend the query for: {question}"})
    completion = await client.chat.completions.create(model=MODEL, messages=messages)
    text = completion.choices[0].message.content or ""
    fenced = re.search(r"```(?:\w*\n)?(.*?)```", text, re.DOTALL)
    return (fenced[1] if fenced else text).strip()


@cl.step(type="tool", name="Run the query")
async def run_query(query: str) -> dict:
    """Return the columns and rows of a query."""
    table = await cl.make_async(read)(query)
    cl.context.current_step.output = f"{len(table['rows'])} rows"
    return table


def read(query: str) -> dict:
    """Run a query that may read and nothing else. Raises ``sqlite3.Error`` for one that fails, writes or takes long."""
    ends = time.monotonic() + SECONDS
    with closing(sqlite3.connect(f"{DATABASE.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.set_authorizer(only_reading)
        connection.set_progress_handler(lambda: time.monotonic() > ends, 10_000)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1_000_000)  # of a text that a query makes
        cursor = connection.execute(query)
        if cursor.description is None:
            raise sqlite3.ProgrammingError("it is no query")
        return {"columns": [column[0] for column in cursor.description], "rows": cursor.fetchmany(ROWS)}


def only_reading(action: int, *_: object) -> int:
    """Tell SQLite what a statement may do."""
    allowed = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)
    return sqlite3.SQLITE_OK if action in allowed else sqlite3.SQLITE_DENY


def as_markdown(table: dict) -> str:
    """Return the rows as a table of Markdown."""
    lines = [table["columns"], ["---"] * len(table["columns"]), *table["rows"]]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)
