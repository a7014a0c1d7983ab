import type { Json, JsonObject } from '../json.ts';

// What steers terminals, and what makes a text look other than it is: controls but tab and line end, line separators, directions.
const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const allUnsafe = new RegExp(unsafe, 'g');

/** A text of unknown origin that people may read anywhere: what could steer a terminal is shown as an escape. */
export function printable(text: string): string {
  if (!unsafe.test(text)) return text;
  return text.replace(allUnsafe, (sign) => (sign === '\r' ? '\\r' : `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`));
}

/** Facts with printable texts and names; the same object when they are so already. */
export function cleanFacts(facts: JsonObject): JsonObject {
  return isClean(facts) ? facts : (cleaned(facts, noBounds, 0) as JsonObject);
}

/** Facts that another process has sent: printable, and no larger than an error needs to be. */
export function boundedFacts(facts: unknown): JsonObject {
  return typeof facts === 'object' && facts !== null && !Array.isArray(facts) ? (cleaned(facts as Json, bounds, 0) as JsonObject) : {};
}

interface Bounds {
  readonly text: number;
  readonly members: number;
  readonly depth: number;
}

/** A job is stored with its errors, in a value of limited size. */
const bounds: Bounds = { text: 8000, members: 100, depth: 4 };
const noBounds: Bounds = { text: Infinity, members: Infinity, depth: Infinity };

function isClean(value: Json): boolean {
  if (typeof value === 'string') return !unsafe.test(value);
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isClean);
  return Object.entries(value).every(([name, member]) => !unsafe.test(name) && isClean(member));
}

function cleaned(value: Json, limits: Bounds, depth: number): Json {
  if (typeof value === 'string') return printable(shortened(value, limits));
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= limits.depth) return shortened(printable(JSON.stringify(value)), limits);
  if (Array.isArray(value)) return (value as readonly Json[]).slice(0, limits.members).map((one) => cleaned(one, limits, depth + 1));
  const members = Object.entries(value).slice(0, limits.members);
  return Object.fromEntries(members.map(([name, member]) => [printable(shortened(name, limits)), cleaned(member, limits, depth + 1)]));
}

const shortened = (text: string, { text: most }: Bounds): string => (text.length > most ? `${text.slice(0, most)} …` : text);
