"""The tables of ``gateway.toml``: what is too structured for an environment variable."""

from gateway.tables.access import AccessTable, Answer, Rule, RuleKind
from gateway.tables.document import TABLES, TOML, TomlDocument, read_document
from gateway.tables.limits import LimitsTable, Rates
from gateway.tables.read import Tables, read_tables

__all__ = [
    "TABLES",
    "TOML",
    "AccessTable",
    "Answer",
    "LimitsTable",
    "Rates",
    "Rule",
    "RuleKind",
    "Tables",
    "TomlDocument",
    "read_document",
    "read_tables",
]
