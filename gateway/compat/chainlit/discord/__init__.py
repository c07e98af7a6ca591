"""``chainlit.discord``."""
