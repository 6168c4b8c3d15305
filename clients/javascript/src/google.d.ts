export interface GoogleOptions {
  /** An OAuth client of the type "Web application", with `chrome.identity.getRedirectURL()`. */
  clientId: string;
  /** Whether a window may ask the person to sign in; false unless given. */
  interactive?: boolean;
}

/** Credentials for `createClient`; the server accepts only events with the token's subject. */
export interface GoogleCredentials {
  (rejected?: string): Promise<string>;
  /** The `user_id` that events must have. */
  subject(): Promise<string>;
}

/** Needs the permission `identity`. */
export function googleIdToken(options: GoogleOptions): GoogleCredentials;
