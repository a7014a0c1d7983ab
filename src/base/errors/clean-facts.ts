import type { Json, JsonObject } from '../json.ts';
import { isPrintable, printable } from '../printable.ts';

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
  if (typeof value === 'string') return isPrintable(value);
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isClean);
  return Object.entries(value).every(([name, member]) => isPrintable(name) && isClean(member));
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
