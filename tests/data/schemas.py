"""The documented tables, as an operator creates them; and those of other versions."""

DOCUMENTED = (
    'CREATE TABLE users ("id" UUID PRIMARY KEY, "identifier" TEXT NOT NULL UNIQUE, "metadata" JSONB NOT NULL,'
    ' "createdAt" TEXT)',
    'CREATE TABLE threads ("id" UUID PRIMARY KEY, "createdAt" TEXT, "name" TEXT, "userId" UUID, "userIdentifier" TEXT,'
    ' "tags" {list}, "metadata" JSONB, FOREIGN KEY ("userId") REFERENCES users("id") ON DELETE CASCADE)',
    'CREATE TABLE steps ("id" UUID PRIMARY KEY, "name" TEXT NOT NULL, "type" TEXT NOT NULL, "threadId" UUID NOT NULL,'
    ' "parentId" UUID, "streaming" BOOLEAN NOT NULL, "waitForAnswer" BOOLEAN, "isError" BOOLEAN, "metadata" JSONB,'
    ' "tags" {list}, "input" TEXT, "output" TEXT, "createdAt" TEXT, "command" TEXT, "start" TEXT, "end" TEXT,'
    ' "generation" JSONB, "showInput" TEXT, "language" TEXT, "indent" INT,'
    ' FOREIGN KEY ("threadId") REFERENCES threads("id") ON DELETE CASCADE)',
    'CREATE TABLE elements ("id" UUID PRIMARY KEY, "threadId" UUID, "type" TEXT, "url" TEXT, "chainlitKey" TEXT,'
    ' "name" TEXT NOT NULL, "display" TEXT, "objectKey" TEXT, "size" TEXT, "page" INT, "language" TEXT, "forId" UUID,'
    ' "mime" TEXT, "props" JSONB, FOREIGN KEY ("threadId") REFERENCES threads("id") ON DELETE CASCADE)',
    'CREATE TABLE feedbacks ("id" UUID PRIMARY KEY, "forId" UUID NOT NULL, "threadId" UUID NOT NULL,'
    ' "value" INT NOT NULL, "comment" TEXT,'
    ' FOREIGN KEY ("threadId") REFERENCES threads("id") ON DELETE CASCADE)',
)
"""The statements; ``{list}`` is ``TEXT[]`` on PostgreSQL and on SQLite ``TEXT``."""

INDEXES = (
    'CREATE INDEX threads_user ON threads ("userId", "createdAt")',
    'CREATE INDEX steps_thread ON steps ("threadId")',
    'CREATE INDEX elements_thread ON elements ("threadId")',
    'CREATE INDEX feedbacks_for ON feedbacks ("forId")',
)

OLDER = tuple(
    each.replace(', "props" JSONB', "").replace(' "command" TEXT,', "").replace(' "streaming" BOOLEAN NOT NULL,', "")
    for each in DOCUMENTED
)
"""A schema from before elements had props, and steps a command and whether they are streaming."""

TEXT_IDS = tuple(each.replace(" UUID", " TEXT") for each in DOCUMENTED)
"""The documented schema with ids of any form."""

TEXT_JSON = tuple(each.replace(" JSONB", " TEXT").replace("{list}", "TEXT") for each in DOCUMENTED)
"""The documented schema with metadata, generation, props and tags as the text of JSON."""
