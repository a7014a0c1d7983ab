/** What is shown in place of a secret; Ganeti's word. */
export const redacted = '<redacted>';

/** How an encrypted value begins; the number is the version of its form. */
export const sealedPrefix = 'gantry-sealed:1:';

export const isSealed = (value: unknown): value is string => typeof value === 'string' && value.startsWith(sealedPrefix);

/** The value with `<redacted>` in place of everything that is encrypted; the same object where nothing is. */
export function redactSealed<T>(value: T): T {
  return redact(value) as T;
}

/** It looks at every job and instance that is shown, so what holds no secret costs no copy. */
function redact(value: unknown): unknown {
  if (typeof value === 'string') return isSealed(value) ? redacted : value;
  if (typeof value !== 'object' || value === null) return value;
  const source = value as Record<string, unknown>;
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(source)) {
    const member = source[key];
    const shown = redact(member);
    if (shown === member) continue;
    copy ??= (Array.isArray(value) ? [...value] : { ...source }) as Record<string, unknown>;
    copy[key] = shown;
  }
  return copy ?? value;
}

/** The same for a text of JSON: what leaves the master passes here, whichever way it was made. */
export function redactSealedJson(json: string): string {
  return json.includes(sealedPrefix) ? json.replaceAll(/gantry-sealed:1:[\w.:-]*/g, redacted) : json;
}
