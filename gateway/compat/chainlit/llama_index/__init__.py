"""``chainlit.llama_index``."""
