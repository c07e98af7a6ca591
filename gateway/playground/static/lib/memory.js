// Small things a browser keeps for the page, where storage is not blocked.

/** `where`: "localStorage" outlives the browser, "sessionStorage" the reload of a tab. Null where there is none. */
export function recall(where, key) {
  try {
    return JSON.parse(window[where].getItem(key));
  } catch {
    return null;
  }
}

/** Keeps a JSON value; without storage it lasts as long as the page. */
export function keep(where, key, value) {
  try {
    window[where].setItem(key, JSON.stringify(value));
  } catch {
    // Storage is blocked.
  }
}
