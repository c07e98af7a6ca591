"""From a delivery at the door to its turn: durable, deduplicated, in order."""
