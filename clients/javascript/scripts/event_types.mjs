// TypeScript types of the event's versions, from the keywords that our schemas use.

/** The text of events.d.ts for [number, schema] pairs, oldest first. */
export function eventTypes(schemas) {
  const versions = schemas.map(([version, schema]) => interfaceOf(`EventV${version}`, schema));
  const [newest] = schemas.at(-1);
  const all = schemas.map(([version]) => `EventV${version}`).join(" | ");
  return `
export type JsonValue = null | boolean | number | string | JsonValue[] | { [name: string]: JsonValue };

${versions.join("\n\n")}

/** The newest version: what \`record\` takes, and fills in. */
export type Event = EventV${newest};

/** Any version that the server accepts. */
export type AnyEvent = ${all};
`;
}

function interfaceOf(name, schema) {
  return `/** ${schema.description} */\nexport interface ${name} ${object(schema, "")}`;
}

function object({ properties, required = [], additionalProperties }, indent) {
  const lines = Object.entries(properties).map(([name, property]) => {
    const comment = property.description ? `${indent}  /** ${property.description} */\n` : "";
    const mark = required.includes(name) ? "" : "?";
    return `${comment}${indent}  ${name}${mark}: ${typeOf(property, `${indent}  `)};\n`;
  });
  const open = additionalProperties !== false;
  const rest = open ? `${indent}  [name: string]: JsonValue | undefined;\n` : "";
  return `{\n${lines.join("")}${rest}${indent}}`;
}

/** What a column of BigQuery's type can hold: of a member that may be anything, it says what is meant. */
const COLUMN_TYPES = { STRING: "string", INTEGER: "number", FLOAT: "number", BOOLEAN: "boolean" };

function typeOf(property, indent) {
  if ("const" in property) return JSON.stringify(property.const);
  if ("enum" in property) return property.enum.map((value) => JSON.stringify(value)).join(" | ");
  return [property.type ?? meantType(property)].flat().map((type) => nameOf(type, property, indent)).join(" | ");
}

function meantType({ "x-column": column }) {
  const type = COLUMN_TYPES[column?.type];
  return type ? [type, "null"] : "json";
}

function nameOf(type, property, indent) {
  if (type === "json") return "JsonValue";
  if (type === "integer") return "number";
  if (type === "array") return "JsonValue[]";
  if (type !== "object") return type; // null, boolean, number and string are the same words
  return property.properties ? object(property, indent) : "{ [name: string]: JsonValue }";
}
