export { googleIdToken } from "./google_id_token.js";
