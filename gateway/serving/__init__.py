"""Changes that only a process the gateway owns may make: the server, its signals and drain, garbage collection."""
