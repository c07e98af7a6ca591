"""What only the process we own may do: the server, its signals and drain, when Python looks for garbage."""
