"""``chainlit.version``: the version of Chainlit whose names these are."""

__version__ = "2.12.0"

__all__ = ["__version__"]
