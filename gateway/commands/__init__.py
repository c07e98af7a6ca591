"""The groups of sub-commands of the command line, each in a module of its own, and what they share."""
