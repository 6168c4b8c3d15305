// What both ends know.

/** Tells our messages from the extension's own. */
export const ADDRESS = "@aegis/client";

export const CALLS = [
  "record", "flush", "status", "probe", "refused", "retry", "discardRefused",
];
