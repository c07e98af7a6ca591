"""Samples that other work brings: they need a data layer or an integration."""

DATA_LAYER = {"90", "92", "93"}
INTEGRATION = {
    "7", "31", "32", "33", "42", "43", "49", "105", "106b", "107", "110",
    "123", "124", "125", "126", "127", "128", "130", "131",
}  # fmt: skip
LATER = {**dict.fromkeys(DATA_LAYER, "needs a data layer"), **dict.fromkeys(INTEGRATION, "needs an integration")}
"""Each of them, and why it waits."""
