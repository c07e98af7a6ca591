// Times as a chat shows them.

/** `9:41 AM` */
export const clock = (date) => date.toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });

/** `Today`, `Yesterday`, `Monday, 3 March` */
export function dayLabel(date) {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86_400_000);
  return days === 0 ? "Today" : days === 1 ? "Yesterday" : date.toLocaleDateString([], { weekday: "long", day: "numeric", month: "long" });
}

/** Whether two moments are of one day, the later within so many minutes of the earlier. */
export function near(earlier, later, minutes) {
  return earlier.toDateString() === later.toDateString() && later.getTime() - earlier.getTime() < minutes * 60_000;
}
