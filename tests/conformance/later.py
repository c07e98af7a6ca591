"""Samples that other work brings: they need an integration."""

INTEGRATION = {
    "33", "107", "110",
    "127", "131",
}  # fmt: skip
LATER = dict.fromkeys(INTEGRATION, "needs an integration")
"""Each of them, and why it waits."""
