"""The tests of ChatKit."""
