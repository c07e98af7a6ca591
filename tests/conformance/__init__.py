"""The samples of the documents, run on every platform as a person meets them."""
