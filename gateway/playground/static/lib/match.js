// Regular expressions, for the type checker's sake.

/**
 * What `pattern` finds in a text it is known to match.
 * @param {RegExp} pattern
 * @param {string} text
 */
export const known = (pattern, text) => /** @type {RegExpExecArray} */ (pattern.exec(text));
