import type { Client } from "./index.js";

export interface ServeOptions {
  /**
   * Origins of web pages that may record, such as `https://example.org`; they must also stand in
   * the manifest's `externally_connectable`. None unless given.
   */
  pages?: readonly string[];
}

/**
 * Let the extension's other contexts use the service worker's client; call it while it starts.
 *
 * Content scripts and pages may only `record`.
 */
export function serve(client: Client, options?: ServeOptions): void;

export interface ConnectOptions {
  /** The extension, where a web page calls; a content script or popup has its own. */
  extensionId?: string;
}

/** The service worker's client, from any other context; its calls reject with the same errors. */
export function connect(options?: ConnectOptions): Client;
