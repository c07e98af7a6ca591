"""The servers of this comparison. They are run as files and never imported."""
