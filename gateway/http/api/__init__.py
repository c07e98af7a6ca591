"""The gateway's own HTTP interface, below ``/v1``."""
