import { redacted } from '../../model/index.ts';

/** Takes secrets out of a text that comes in pieces. */
export interface SecretMask {
  /** What can be told by now; the end of a piece that may be the beginning of a secret is held back. */
  push(piece: string): string;
  /** What was held back. */
  end(): string;
}

/** A part of a text that does not show. */
interface Hidden {
  readonly start: number;
  readonly end: number;
}

/** Shorter ones are in every text by chance, and who knows their length knows them. */
const shortest = 4;

/** @param secrets a secret of several lines is taken out line by line, as programs may show it so */
export function createSecretMask(secrets: Iterable<string>): SecretMask {
  const parts = new Set([...secrets].flatMap((secret) => [secret, ...secret.split(/[\r\n]+/)]).filter(({ length }) => length >= shortest));
  let held = '';
  /** How much of the beginning of `held` belongs to a secret that was told as one already. */
  let told = 0;

  /** What shows of a text before `until`; the rest is held back. */
  const show = (text: string, until: number): string => {
    let [shown, at, hidden] = ['', 0, 0];
    for (const { start, end } of hiddenParts(text, parts, told)) {
      const isTold = told > 0 && start === 0;
      if (start >= until && !isTold) break;
      shown += text.slice(at, start) + (isTold ? '' : redacted);
      at = Math.min(end, until);
      hidden = end;
    }
    held = text.slice(until);
    told = Math.max(0, hidden - until);
    return shown + text.slice(at, until);
  };
  return {
    push(piece) {
      const text = held + piece;
      return show(text, text.length - Math.max(0, ...[...parts].map((secret) => overlap(text, secret))));
    },
    end: () => show(held, held.length),
  };
}

/** Where secrets are; those that overlap are one. The first `told` characters are hidden in any case. */
function hiddenParts(text: string, secrets: Iterable<string>, told: number): Hidden[] {
  const found: Hidden[] = told > 0 ? [{ start: 0, end: told }] : [];
  for (const secret of secrets)
    for (let start = text.indexOf(secret); start >= 0; start = text.indexOf(secret, start + 1))
      found.push({ start, end: start + secret.length });
  found.sort((left, right) => left.start - right.start || right.end - left.end);
  const merged: Hidden[] = [];
  for (const next of found) {
    const last = merged.at(-1);
    if (last && next.start < last.end) merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, next.end) };
    else merged.push(next);
  }
  return merged;
}

/** How many characters at the end of the text are the beginning of the secret. */
function overlap(text: string, secret: string): number {
  for (let length = Math.min(text.length, secret.length - 1); length > 0; length--) {
    if (text.endsWith(secret.slice(0, length))) return length;
  }
  return 0;
}
