export { connect } from "./bridge/connect.js";
export { serve } from "./bridge/serve.js";
