"""The schema: the types that the Literal AI Node client names in its queries, with what the gateway keeps."""

from typing import Any, cast

from graphql import GraphQLError, GraphQLObjectType, GraphQLSchema, build_schema

from gateway.http.graphql.filters import moment
from gateway.http.graphql.reading import FIELDS as READING
from gateway.http.graphql.writing import FIELDS as WRITING

_TYPE = 100
"""Characters of the longest type of a step."""
_LIST = """
type {name}Connection {{ edges: [{name}Edge!]! pageInfo: PageInfo! totalCount: Int! }}
type {name}Edge {{ cursor: ID! node: {name}! }}
input {name_filter} {{ field: String! operator: String! value: Json path: String }}
"""
_ORDER = "input {name}OrderByInput {{ column: String! direction: String! }}\n"
_PAGE = "after: ID before: ID cursorAnchor: DateTime first: Int last: Int projectId: String"

_TYPES = """
scalar Json
scalar DateTime
scalar StepType

enum ScoreType { HUMAN AI CODE }

type PageInfo { startCursor: ID endCursor: ID hasNextPage: Boolean! hasPreviousPage: Boolean! }
type Acknowledged { ok: Boolean! message: String }
type Deleted { id: ID! }

type Participant {
    id: ID! identifier: String! metadata: Json createdAt: DateTime lastEngaged: DateTime
    threadCount: Int tokenCount: Int
}
type Thread {
    id: ID! projectId: String name: String metadata: Json tags: [String!] environment: String
    createdAt: DateTime updatedAt: DateTime duration: Float tokenCount: Int
    participantId: String participantIdentifier: String participant: Participant
    steps: [Step!]!
}
type Step {
    id: ID! projectId: String threadId: String rootRunId: String parentId: String name: String type: StepType
    startTime: DateTime endTime: DateTime createdAt: DateTime duration: Float error: String
    input: Json output: Json metadata: Json environment: String tags: [String!] ok: Boolean! message: String
    scores: [Score!]! generation: Generation attachments: [Attachment!]! thread: Thread
}
type Generation {
    id: ID! projectId: String stepId: String prompt: String completion: String createdAt: DateTime provider: String
    model: String variables: Json messages: Json messageCompletion: Json tools: Json settings: Json tokenCount: Int
    inputTokenCount: Int outputTokenCount: Int ttFirstToken: Float duration: Float tokenThroughputInSeconds: Float
    error: String type: String tags: [String!] metadata: Json promptId: String
}
type Score {
    id: ID! projectId: String stepId: String generationId: String datasetExperimentItemId: String name: String!
    type: ScoreType! value: Float! scorer: String comment: String tags: [String!] createdAt: DateTime
    updatedAt: DateTime step: Step
}
type Attachment {
    id: ID! stepId: String threadId: String name: String mime: String metadata: Json objectKey: String url: String
}

input GenerationPayloadInput {
    id: String promptId: String provider: String model: String tags: [String!] metadata: Json error: String
    variables: Json settings: Json tools: Json tokenCount: Int inputTokenCount: Int outputTokenCount: Int
    ttFirstToken: Float tokenThroughputInSeconds: Float duration: Float type: String prompt: String
    completion: String messages: Json messageCompletion: Json
}
input ScorePayloadInput {
    id: String stepId: String generationId: String datasetExperimentItemId: String name: String! type: ScoreType!
    value: Float! scorer: String comment: String tags: [String!]
}
input AttachmentPayloadInput {
    id: String name: String mime: String metadata: Json objectKey: String url: String stepId: String threadId: String
}
"""

_OPERATIONS = f"""
type Query {{
    threads({_PAGE} filters: [ThreadsInputType!] orderBy: ThreadsOrderByInput stepTypesToKeep: [StepType!]):
        ThreadConnection!
    threadDetail(id: String!): Thread
    steps({_PAGE} filters: [stepsInputType!] orderBy: StepsOrderByInput): StepConnection!
    step(id: String!): Step
    generations({_PAGE} filters: [generationsInputType!] orderBy: GenerationsOrderByInput): GenerationConnection!
    scores({_PAGE} filters: [scoresInputType!] orderBy: ScoresOrderByInput): ScoreConnection!
    participants({_PAGE} filters: [participantsInputType!]): ParticipantConnection!
    participant(id: String identifier: String): Participant
}}
type Mutation {{
    upsertThread(id: String! name: String metadata: Json participantId: String tags: [String!] environment: String):
        Thread!
    deleteThread(id: String!): Deleted!
    ingestStep(
        id: String! threadId: String rootRunId: String type: StepType startTime: DateTime endTime: DateTime
        error: String input: Json output: Json metadata: Json parentId: String name: String tags: [String!]
        generation: GenerationPayloadInput scores: [ScorePayloadInput!] attachments: [AttachmentPayloadInput!]
        environment: String
    ): Step!
    deleteStep(id: String!): Deleted!
    createScore(
        name: String! type: ScoreType! value: Float! stepId: String generationId: String
        datasetExperimentItemId: String scorer: String comment: String tags: [String!]
    ): Score!
    updateScore(id: String! comment: String value: Float!): Score!
    deleteScore(id: String!): Deleted!
    createParticipant(identifier: String! metadata: Json): Participant!
    updateParticipant(id: String! identifier: String metadata: Json): Participant!
    deleteParticipant(id: String!): Deleted!
}}
"""


def made() -> GraphQLSchema:
    """Return the schema with its resolvers."""
    filters = {
        "Thread": "ThreadsInputType",
        "Step": "stepsInputType",
        "Generation": "generationsInputType",
        "Score": "scoresInputType",
        "Participant": "participantsInputType",
    }
    lists = "".join(_LIST.format(name=name, name_filter=each) for name, each in filters.items())
    orders = "".join(_ORDER.format(name=f"{name}s") for name in filters)
    schema = build_schema(_TYPES + lists + orders + _OPERATIONS)
    for type_name, fields in {**READING, "Mutation": WRITING}.items():
        kind = cast(GraphQLObjectType, schema.type_map[type_name])
        for name, resolve in fields.items():
            kind.fields[name].resolve = resolve
    scalars: Any = schema.type_map
    scalars["DateTime"].coerce_input_value = moment
    scalars["StepType"].coerce_input_value = _step_type
    return schema


def _step_type(value: Any) -> str:
    """Return the type of a step: a bot's steps may have any."""
    if not isinstance(value, str) or not 0 < len(value) <= _TYPE:
        raise GraphQLError(f"the type of a step is a text of 1 to {_TYPE} characters")
    return value
