// What `record` and the other calls reject with.

/** The event was not queued; `errors` are the server's codes, paths and words. */
export class InvalidEventError extends Error {
  /** @param {readonly import("./index.js").EventError[]} errors at least one */
  constructor(errors) {
    const [{ code, path, message }] = errors;
    super(`${path ? `${path}: ` : ""}${message} (${code})`);
    this.name = "InvalidEventError";
    this.code = code;
    this.path = path;
    this.errors = errors;
  }
}

/** The event was not queued: this browser keeps no more, or nothing at all. */
export class StorageError extends Error {
  /** @param {import("./index.js").StorageErrorCode} code @param {unknown} [cause] */
  constructor(code, cause) {
    super(WORDS[code], { cause });
    this.name = "StorageError";
    this.code = code;
  }
}

const WORDS = {
  queue_full: "the queue is full; its events must be sent first",
  storage_full: "the browser's storage is full",
  storage_unavailable: "this browser does not let the extension store events",
};
