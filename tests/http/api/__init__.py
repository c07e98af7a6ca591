"""The tests of the HTTP API below ``/v1``."""
