// Slash commands: which are offered while one types, and what a typed line asks for.

const SUBCOMMAND = 1;
const GROUP = 2;
const STRING = 3;
const INTEGER = 4;
const BOOLEAN = 5;
const USER = 6;
const CHANNEL = 7;
const NUMBER = 10;
const ATTACHMENT = 11;
const IN_DM = 1;
const OPTION = /(?:^|\s)([\p{L}\p{N}_'-]{1,32}):/gu;

const nested = (option) => option.type === SUBCOMMAND || option.type === GROUP;

/** The commands a person sees in a channel; the server's own go before those of all servers. */
export function usable(store, channel) {
  const dm = store.channels.get(channel)?.kind === "dm";
  const found = new Map();
  for (const command of store.commands) {
    const here = dm ? !command.guild_id && command.dm_permission !== false && (command.contexts ?? [IN_DM]).includes(IN_DM) : true;
    if (here && (command.type ?? 1) === 1 && (command.guild_id || !found.has(command.name))) found.set(command.name, command);
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
}

/** The command a text begins with: its path, the options it takes, and what was typed behind it (null: a subcommand is missing). */
function commandIn(text, commands) {
  const first = /^\/(\S+)/.exec(text);
  const command = first && commands.find(({ name }) => name === first[1].toLowerCase());
  if (!command) return null;
  const path = [command.name];
  let options = command.options ?? [];
  let at = first[0].length;
  while (options.some(nested)) {
    const next = /^\s+(\S+)/.exec(text.slice(at));
    const sub = next && options.find((option) => nested(option) && option.name === next[1]);
    if (!sub) return { path, options, rest: null };
    at += next[0].length;
    path.push(sub.name);
    options = sub.options ?? [];
  }
  return { path, options, rest: text.slice(at) };
}

/** What was typed for each option, by name; `lead` is what stands before the first name. */
function typedFor(rest, options) {
  const marks = [...rest.matchAll(OPTION)].filter((mark) => options.some(({ name }) => name === mark[1]));
  const values = new Map(marks.map((mark, index) => [mark[1], rest.slice(mark.index + mark[0].length, marks[index + 1]?.index).trim()]));
  return { values, lead: rest.slice(0, marks[0]?.index).trim() };
}

/** What can be taken at the cursor: [{name, about, insert, length (how many typed characters it replaces)}]. */
export function offers(before, commands) {
  const word = /^\/(\S*)$/.exec(before);
  if (word) {
    const found = commands.filter(({ name }) => name.startsWith(word[1].toLowerCase()));
    return found.length === 1 && found[0].name === word[1] ? [] : found.map(({ name, description }) => offer(`/${name}`, description, before.length));
  }
  const found = commandIn(before, commands);
  if (!found) return [];
  const partial = /\S*$/.exec(before)?.[0] ?? "";
  if (found.rest === null) return found.options.filter(({ name }) => name.startsWith(partial)).map(({ name, description }) => offer(name, description, partial.length));
  return optionOffers(found, partial);
}

function optionOffers({ options, rest }, partial) {
  const [, name, begun] = /^([^:]+):(.*)$/.exec(partial) ?? [];
  const current = options.find((option) => option.name === name);
  if (current) {
    return choicesOf(current).filter((choice) => choice.name.toLowerCase().startsWith(begun.toLowerCase()) && choice.name !== begun).map((choice) => offer(choice.name, current.description, begun.length));
  }
  const { values, lead } = typedFor(rest, options);
  const open = options.filter((option) => !values.has(option.name) && option.type !== ATTACHMENT);
  // Only what has to be said offers itself: with nothing typed, Enter is to run the command.
  const wanted = partial ? open.filter((option) => option.name.startsWith(partial)) : lead ? [] : open.filter((option) => option.required);
  return wanted.map((option) => offer(`${option.name}:`, option.description, partial.length, ""));
}

const offer = (name, about, length, gap = " ") => ({ name, about: about ?? "", insert: name + gap, length });

function choicesOf(option) {
  if (option.type === BOOLEAN) return [{ name: "true", value: true }, { name: "false", value: false }];
  return (option.choices ?? []).map(({ name, value }) => ({ name: String(name), value }));
}

/** `/deploy <where> [when]`, null where no command is being typed. */
export function usage(text, commands) {
  const found = commandIn(text, commands);
  if (!found) return null;
  const parts = found.options.map((option) => (nested(option) ? option.name : option.required ? `<${option.name}>` : `[${option.name}]`));
  return `/${found.path.join(" ")} ${found.options.some(nested) ? parts.join(" | ") : parts.join(" ")}`.trim();
}

/**
 * What a line asks for: {command, options}, {error}, or null if it is no command. `files` are those attached to it.
 * @returns {{error: string} | {error?: undefined, command: string, options: Record<string, any>} | null}
 */
export function parsed(text, files, store, channel) {
  const found = commandIn(text, usable(store, channel));
  if (!found) return null;
  const command = found.path.join(" ");
  if (found.rest === null) return { error: `/${command}: say which of ${found.options.map(({ name }) => name).join(", ")}.` };
  const { values, lead } = typedFor(found.rest, found.options);
  const first = found.options.find((option) => !values.has(option.name) && option.type !== ATTACHMENT);
  if (lead && !first) return { error: `/${command} takes no more than it was given: “${lead}” is left over.` };
  if (lead) values.set(first.name, lead);
  const left = [...files];
  const options = {};
  for (const option of found.options) {
    const value = option.type === ATTACHMENT ? left.shift() : values.has(option.name) ? worth(option, values.get(option.name), store) : undefined;
    if (value === undefined && (option.required || values.get(option.name))) return { error: problem(option, values.get(option.name)) };
    if (value !== undefined) options[option.name] = value;
  }
  if (left.length) return { error: `/${command} takes no ${files.length > left.length ? "more files" : "file"}.` };
  return { command, options };
}

function problem(option, typed) {
  if (!typed) return `${option.name} is required.`;
  const choices = choicesOf(option).map(({ name }) => name);
  return choices.length ? `${option.name} is one of ${choices.join(", ")}.` : `${option.name} cannot be “${typed}”.`;
}

/** The value an option gets from what was typed, undefined where it makes none. */
function worth(option, typed, store) {
  const choices = choicesOf(option);
  if (choices.length) return choices.find(({ name }) => name.toLowerCase() === typed.toLowerCase())?.value;
  switch (option.type) {
    case STRING:
      return typed || undefined;
    case INTEGER:
      return /^[+-]?\d{1,15}$/.test(typed) ? Number(typed) : undefined;
    case NUMBER:
      return typed && Number.isFinite(Number(typed)) ? Number(typed) : undefined;
    case USER:
      return [...store.users.values()].find((user) => [user.id, user.name, store.nameOf(user.id)].some((name) => name.toLowerCase() === typed.replace(/^@/, "").toLowerCase()))?.id;
    case CHANNEL:
      return [...store.channels.values()].find((channel) => channel.name === typed.replace(/^#/, "") || channel.id === typed)?.id;
    default:
      return /^\d{1,20}$/.test(typed) ? typed : undefined;
  }
}
