"""Files that were written for Chainlit, unchanged."""
