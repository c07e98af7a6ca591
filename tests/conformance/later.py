"""Samples that other work brings: they need an integration."""

INTEGRATION = {
    "7", "31", "32", "33", "42", "43", "49", "105", "106b", "107", "110",
    "123", "124", "125", "126", "127", "128", "130", "131",
}  # fmt: skip
LATER = dict.fromkeys(INTEGRATION, "needs an integration")
"""Each of them, and why it waits."""
