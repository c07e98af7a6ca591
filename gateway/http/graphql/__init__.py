"""The API of the Literal AI Node client: GraphQL, uploads, and the project's name."""
