"""What an app written for Chainlit imports from ``chainlit.langchain``: the gateway's own objects."""
