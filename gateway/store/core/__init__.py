"""The part of the store that no database driver appears in: the writer, its kinds of operation, their statements."""
