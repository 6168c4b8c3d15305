export { check } from "./check/check.js";
export { createClient } from "./client.js";
export { InvalidEventError, StorageError } from "./errors.js";
export { endpointProblem as checkEndpoint } from "./send/endpoint.js";
