"""Chainlit's documented tables in SQL: what each of them holds is written and read in the module of its name."""
