export { createFakeClient } from "./fake_client.js";
