"""Where the contents of elements are kept: the interface, and clients for it."""
