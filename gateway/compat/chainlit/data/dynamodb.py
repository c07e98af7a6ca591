"""What an app written for Chainlit imports from ``chainlit.data.dynamodb``: the gateway's own objects."""

from gateway.data.dynamodb import DynamoDBDataLayer

__all__ = ["DynamoDBDataLayer"]
