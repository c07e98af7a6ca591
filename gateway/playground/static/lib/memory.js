// Small things a browser keeps for the page, where storage is not blocked.

/**
 * What was kept, null where there is nothing. `where`: "localStorage" outlives the browser, "sessionStorage" the reload of a tab.
 * @param {"localStorage" | "sessionStorage"} where
 * @param {string} key
 */
export function recall(where, key) {
  try {
    return JSON.parse(window[where].getItem(key) ?? "null");
  } catch {
    return null;
  }
}

/**
 * Keeps a JSON value; without storage it lasts as long as the page.
 * @param {"localStorage" | "sessionStorage"} where
 * @param {string} key
 */
export function keep(where, key, value) {
  try {
    window[where].setItem(key, JSON.stringify(value));
  } catch {
    // Storage is blocked.
  }
}
