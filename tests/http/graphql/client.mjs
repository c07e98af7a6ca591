// Walks through the API of @literalai/client as its readers do, and prints what it got as one JSON object.
import { readFileSync } from 'node:fs';
import { LiteralClient } from '@literalai/client';

const [, , url, apiKey, path] = process.argv;
const client = new LiteralClient({ apiKey, apiUrl: url });
const seen = {};

seen.project = await client.api.getProjectId();

// Threads, steps and a call of a model.
const participantId = await client.api.getOrCreateUser('foobar', { name: 'Foo' });
seen.sameUser = (await client.api.getOrCreateUser('foobar')) === participantId;
const thread = await client.thread({ name: 'A talk', participantId, tags: ['sdk'] }).upsert();
const question = await thread.step({ name: 'foobar', type: 'user_message', output: { content: 'Hello' } }).send();
const run = await thread.run({ name: 'agent', input: { question: 'Hello' } }).send();
const call = run.step({ name: 'gpt-4', type: 'llm', input: { content: 'Hello' } });
call.generation = {
  type: 'CHAT',
  provider: 'openai',
  model: 'gpt-4',
  settings: { temperature: 0 },
  messages: [{ role: 'user', content: 'Hello' }],
  messageCompletion: { role: 'assistant', content: 'Hello, how are you?' },
  tokenCount: 11,
};
call.output = { content: 'Hello, how are you?' };
await call.send();

// A file with the answer.
const attachment = await client.api.createAttachment({ name: 'picture', path, mime: 'image/png', threadId: thread.id });
const answer = await thread
  .step({ name: 'Assistant', type: 'assistant_message', output: { content: 'Look' }, attachments: [attachment] })
  .send();
const score = await client.api.createScore({ stepId: answer.id, name: 'helpful', type: 'HUMAN', value: 1, comment: 'Great!' });
await client.api.updateScore(score.id, { value: 0.5 });
await client.api.createScores([{ stepId: answer.id, name: 'fast', type: 'CODE', value: 2 }].map((s) => ({ ...s, serialize: () => s })));

// The same in the way of decorators.
await client.thread({ name: 'wrapped' }).wrap(async () => {
  await client.step({ name: 'outer', type: 'run' }).wrap(async () => client.step({ name: 'inner', type: 'tool' }).wrap(async () => 'done'));
});
let wrapped;
while (!wrapped) {
  const { data } = await client.api.getThreads({ first: 1, filters: [{ field: 'name', operator: 'eq', value: 'wrapped' }] });
  if (data[0]?.steps.length === 2) wrapped = data[0];
}
seen.wrapped = wrapped.steps.map((step) => [step.name, step.output]).sort();

// Read again.
const whole = await client.api.getThread(thread.id);
const picture = whole.steps.find((step) => step.attachments.length).attachments[0];
seen.thread = { name: whole.name, tags: whole.tags, participant: whole.participant };
seen.steps = whole.steps.map((step) => [step.type, step.name, step.output?.content ?? null]);
seen.child = whole.steps.find((step) => step.name === 'gpt-4').parentId === run.id;
seen.picture = Buffer.from(await (await fetch(picture.url)).arrayBuffer()).equals(readFileSync(path));
seen.signed = (await fetch(attachment.url)).status;
seen.scores = (await client.api.getStep(answer.id)).scores.map((each) => [each.name, each.value, each.comment]);
seen.missing = await client.api.getStep('none');
seen.generations = (
  await client.api.getGenerations({ first: 5, filters: [{ field: 'model', operator: 'eq', value: 'gpt-4' }] })
).data.map((each) => [each.provider, each.tokenCount, each.messageCompletion.content]);
seen.users = (await client.api.getUsers({ filters: [{ field: 'identifier', operator: 'in', value: ['foobar'] }] })).data.map(
  (each) => [each.identifier, each.metadata, each.threadCount],
);
seen.listed = (await client.api.getSteps({ filters: [{ field: 'threadId', operator: 'eq', value: thread.id }] })).data.length;
seen.scored = (await client.api.getScores({ first: 1 })).pageInfo.hasNextPage;

// Export by pages, of programs and of the bot.
const exported = [];
let after;
do {
  const page = await client.api.getThreads({ first: 2, after, orderBy: { column: 'createdAt', direction: 'ASC' } });
  exported.push(...page.data.map((each) => each.name));
  after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : undefined;
} while (after);
seen.exported = exported;

// An assistant of OpenAI, as its library returns it.
const at = 1767225600;
const openai = {
  beta: {
    threads: {
      messages: {
        list: async () => ({
          data: [
            { id: 'msg_2', created_at: at + 2, role: 'assistant', assistant_id: 'asst_1', content: [{ type: 'text', text: { value: 'Four' } }, { type: 'image_file', image_file: { file_id: 'file_1' } }] },
            { id: 'msg_1', created_at: at, role: 'user', assistant_id: 'asst_1', content: [{ type: 'text', text: { value: 'Two and two?' } }] },
          ],
        }),
      },
      runs: {
        list: async () => ({
          data: [{ id: 'run_1', created_at: at + 1, completed_at: at + 2, assistant_id: 'asst_1', instructions: 'Count.', tools: [], usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } }],
        }),
        steps: {
          list: async () => ({
            data: [{ id: 'step_1', type: 'tool_calls', created_at: at + 1, completed_at: at + 2, last_error: null, step_details: { tool_calls: [{ type: 'function', function: { name: 'add', arguments: '{"a": 2, "b": 2}', output: '4' } }] } }],
          }),
        },
      },
    },
    assistants: { retrieve: async () => ({ name: 'Counter', model: 'gpt-4o' }) },
  },
  files: { content: async () => ({ body: readFileSync(path) }) },
};
const { syncer } = client.openai ? client.openai(openai).assistant : client.instrumentation.openai(openai).assistant;
for (let time = 0; time < 2; time++) await syncer.syncThread('thread_1', { identifier: 'willy', metadata: { name: 'Willy' } });
const synced = (await client.api.getThreads({ filters: [{ field: 'participantIdentifiers', operator: 'in', value: ['willy'] }] })).data;
seen.synced = synced.map((each) => [each.name, each.metadata.assistantName, each.steps.map((step) => [step.type, step.name, step.output?.content ?? null, step.attachments.length])]);

// Taken back.
await client.api.deleteStep(question.id);
await client.api.deleteScore(score.id);
await client.api.deleteThread(thread.id);
await client.api.deleteUser(participantId);
seen.gone = [await client.api.getThread(thread.id), (await client.api.getUser('foobar')) ?? null];
seen.refused = await client.api.getDatasets().catch((error) => error.message.includes('datasets'));
console.log(JSON.stringify(seen));
