"""``chainlit.data.dynamodb``."""

from gateway.data.dynamodb import DynamoDBDataLayer

__all__ = ["DynamoDBDataLayer"]
