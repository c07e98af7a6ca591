"""Chainlit's documented single table in DynamoDB: how its items are named, written and read."""
