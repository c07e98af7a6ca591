"""The schemas that hold what the documents describe: their names of tables and columns, and what rows need."""

from collections.abc import Mapping
from dataclasses import dataclass

NAMES = ("users", "threads", "steps", "elements", "feedbacks")
"""The documented tables."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A schema, in terms of the documented tables.

    Args:
        tables: The schema's name for each of the documented tables.
        columns: By documented table, the documented name of each column that the schema calls otherwise.
        strict: Whether steps need a start and an end, elements a step, and both refer only to steps that are there.
        layer: The class that takes such a database, for an error.
        made_by: What to do where the tables are missing, for an error.
    """

    tables: Mapping[str, str]
    columns: Mapping[str, Mapping[str, str]]
    strict: bool
    layer: str
    made_by: str


DOCUMENTED = Layout(
    tables={name: name for name in NAMES},
    columns={},
    strict=False,
    layer="gateway.data.sql_alchemy.SQLAlchemyDataLayer",
    made_by="create the schema of the documents first",
)
"""The schema in Chainlit's documents of its SQLAlchemy layer."""

OFFICIAL = Layout(
    tables={"users": "User", "threads": "Thread", "steps": "Step", "elements": "Element", "feedbacks": "Feedback"},
    columns={
        "steps": {"startTime": "start", "endTime": "end"},
        "elements": {"stepId": "forId"},
        "feedbacks": {"stepId": "forId"},
    },
    strict=True,
    layer="gateway.data.chainlit_data_layer.ChainlitDataLayer",
    made_by="run the Prisma migrations of Chainlit's official data layer first (npx prisma migrate deploy)",
)
"""The schema that the Prisma migrations of Chainlit's official data layer make."""

LAYOUTS = (DOCUMENTED, OFFICIAL)
