// Times: those in a text (`<t:1700000000:R>`), and those beside a message.

import { h } from "../lib/dom.js";
import { clock } from "../lib/time.js";

/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const STYLES = {
  t: { hour: "numeric", minute: "2-digit" },
  T: { hour: "numeric", minute: "2-digit", second: "2-digit" },
  d: { day: "2-digit", month: "2-digit", year: "numeric" },
  D: { day: "numeric", month: "long", year: "numeric" },
  f: { day: "numeric", month: "long", year: "numeric", hour: "numeric", minute: "2-digit" },
  F: { weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "numeric", minute: "2-digit" },
};
/**
 * The units of a relative time with their seconds, largest first.
 * @type {[Intl.RelativeTimeFormatUnit, number][]}
 */
const UNITS = [["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];

/** A moment, in seconds since the epoch, in one of Discord's styles; null for one no calendar has. */
export function stamp(seconds, style) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return null;
  const text = style === "R" ? relative(seconds) : date.toLocaleString([], STYLES[style]);
  return h("time", { class: "stamp", datetime: date.toISOString(), title: date.toLocaleString([], STYLES.F) }, text);
}

function relative(seconds) {
  const away = seconds - Date.now() / 1000;
  const [unit, length] = UNITS.find(([, each]) => Math.abs(away) >= each) ?? UNITS[UNITS.length - 1];
  return new Intl.RelativeTimeFormat([], { numeric: "auto" }).format(Math.round(away / length), unit);
}

/** `9:41 AM`, `Yesterday at 9:41 AM`, `20/11/2026, 9:41 AM` */
export function sentAt(date) {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86_400_000);
  if (days === 0) return clock(date);
  return days === 1 ? `Yesterday at ${clock(date)}` : `${date.toLocaleDateString()} ${clock(date)}`;
}
