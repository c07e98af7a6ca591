"""``chainlit.langchain``."""
