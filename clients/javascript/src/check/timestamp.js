// RFC 3339 with the pattern of the schema already checked.

const PARTS =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/;

/**
 * Microseconds since the Unix epoch, exactly; digits beyond the sixth are cut off.
 * @param {string} text
 * @returns {bigint | null} null if the calendar has no such day
 */
export function parseTimestamp(text) {
  const found = PARTS.exec(text.toUpperCase());
  if (!found) return null;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number);
  const [fraction = "", sign, offsetHours, offsetMinutes] = found.slice(7);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day); // Date.UTC would take the year 50 for 1950
  date.setUTCHours(hour, minute, second);
  if (year === 0 || date.getUTCDate() !== day) return null;
  const offset = sign ? Number(`${sign}1`) * (Number(offsetHours) * 60 + Number(offsetMinutes)) : 0;
  const micros = BigInt(fraction.slice(0, 6).padEnd(6, "0"));
  return BigInt(date.getTime() - offset * 60_000) * 1000n + micros;
}
