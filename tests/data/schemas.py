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

_ROW = (
    '"id" TEXT PRIMARY KEY DEFAULT gen_random_uuid()::text, "createdAt" TIMESTAMP(3) NOT NULL DEFAULT'
    ' CURRENT_TIMESTAMP, "updatedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP'
)

OFFICIAL = (
    "CREATE TYPE \"StepType\" AS ENUM ('assistant_message', 'embedding', 'llm', 'retrieval', 'rerank', 'run',"
    " 'system_message', 'tool', 'undefined', 'user_message')",
    f'CREATE TABLE "User" ({_ROW}, "metadata" JSONB NOT NULL, "identifier" TEXT NOT NULL UNIQUE)',
    f'CREATE TABLE "Thread" ({_ROW}, "deletedAt" TIMESTAMP(3), "name" TEXT, "metadata" JSONB NOT NULL,'
    ' "userId" TEXT REFERENCES "User" ("id") ON DELETE SET NULL ON UPDATE CASCADE,'
    " \"tags\" TEXT[] DEFAULT '{}')",
    f'CREATE TABLE "Step" ({_ROW}, "parentId" TEXT REFERENCES "Step" ("id") ON DELETE CASCADE ON UPDATE CASCADE,'
    ' "threadId" TEXT REFERENCES "Thread" ("id") ON DELETE CASCADE ON UPDATE CASCADE, "input" TEXT,'
    ' "metadata" JSONB NOT NULL, "name" TEXT, "output" TEXT, "type" "StepType" NOT NULL,'
    ' "showInput" TEXT DEFAULT \'json\', "isError" BOOLEAN DEFAULT false,'
    ' "startTime" TIMESTAMP(3) NOT NULL, "endTime" TIMESTAMP(3) NOT NULL)',
    f'CREATE TABLE "Element" ({_ROW}, "threadId" TEXT REFERENCES "Thread" ("id") ON DELETE CASCADE ON UPDATE CASCADE,'
    ' "stepId" TEXT NOT NULL REFERENCES "Step" ("id") ON DELETE CASCADE ON UPDATE CASCADE, "metadata" JSONB NOT NULL,'
    ' "mime" TEXT, "name" TEXT NOT NULL, "objectKey" TEXT, "url" TEXT, "chainlitKey" TEXT, "display" TEXT,'
    ' "size" TEXT, "language" TEXT, "page" INTEGER, "props" JSONB)',
    f'CREATE TABLE "Feedback" ({_ROW}, "stepId" TEXT REFERENCES "Step" ("id") ON DELETE SET NULL ON UPDATE CASCADE,'
    ' "name" TEXT NOT NULL, "value" DOUBLE PRECISION NOT NULL, "comment" TEXT)',
    'CREATE INDEX "Thread_createdAt_idx" ON "Thread" ("createdAt")',
    'CREATE INDEX "Step_threadId_idx" ON "Step" ("threadId")',
    'CREATE INDEX "Step_parentId_idx" ON "Step" ("parentId")',
    'CREATE INDEX "Element_stepId_idx" ON "Element" ("stepId")',
    'CREATE INDEX "Element_threadId_idx" ON "Element" ("threadId")',
    'CREATE INDEX "Feedback_stepId_idx" ON "Feedback" ("stepId")',
)
"""The tables of Chainlit's official schema with their types, defaults, foreign keys, and the indexes that matter."""

OFFICIAL_INDEXES = ('CREATE INDEX threads_user ON "Thread" ("userId", "createdAt")',)
"""What the documents advise beside them."""
