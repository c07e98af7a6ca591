// The platforms this page can show, in no order (the server gives the order of the tabs).
//
// A platform's module exports mount(root, host) -> {snapshot(data), change(entry), destroy()}: it draws itself into
// `root`, is given the whole state once (and again after a lost connection) and then each change. `host` offers
// act(action, {quiet}) -> Promise<{ok, …}> (which says what went wrong unless it is to be quiet), announce(text) for
// screen readers and toast(text) for errors.

export const platforms = {
  slack: { title: "Slack", stylesheet: "slack/slack.css", load: () => import("./slack/slack.js") },
  discord: { title: "Discord", stylesheet: "discord/discord.css", load: () => import("./discord/discord.js") },
  teams: { title: "Teams", stylesheet: "teams/teams.css", load: () => import("./teams/teams.js") },
};
