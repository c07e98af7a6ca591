"""The gateway's own HTTP surface."""
