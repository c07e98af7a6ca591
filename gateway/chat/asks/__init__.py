"""Asks: questions whose answers a handler awaits, one module per kind of answer."""
