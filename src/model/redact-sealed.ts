/** What is shown in place of a secret; Ganeti's word. */
export const redacted = '<redacted>';

/** How an encrypted value begins; the number is the version of its form. */
export const sealedPrefix = 'gantry-sealed:1:';

export const isSealed = (value: unknown): value is string => typeof value === 'string' && value.startsWith(sealedPrefix);

/** The value with `<redacted>` in place of everything that is encrypted; the same object where nothing is. */
export function redactSealed<T>(value: T): T {
  return redact(value) as T;
}

function redact(value: unknown): unknown {
  if (typeof value === 'string') return isSealed(value) ? redacted : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map(redact);
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  const entries = Object.entries(value).map(([key, member]) => [key, member, redact(member)] as const);
  if (entries.every(([, before, after]) => before === after)) return value;
  return Object.fromEntries(entries.map(([key, , after]) => [key, after]));
}

/** The same for a text of JSON: what leaves the master passes here, whichever way it was made. */
export function redactSealedJson(json: string): string {
  return json.includes(sealedPrefix) ? json.replaceAll(/gantry-sealed:1:[\w.:-]*/g, redacted) : json;
}
