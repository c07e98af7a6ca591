"""Reads bots without running them: what of the API they use works, looks different, does nothing, or is not there."""
