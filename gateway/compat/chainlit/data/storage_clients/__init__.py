"""``chainlit.data.storage_clients``."""
