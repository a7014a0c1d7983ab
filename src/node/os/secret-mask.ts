import { redacted } from '../../model/index.ts';

/** Takes secrets out of a text that comes in pieces. */
export interface SecretMask {
  /** What can be told by now; the end of a piece that may be the beginning of a secret is held back. */
  push(piece: string): string;
  /** What was held back. */
  end(): string;
}

/** Shorter ones are in every text by chance, and who knows their length knows them. */
const shortest = 4;

/** @param secrets a secret of several lines is taken out line by line, as programs may show it so */
export function createSecretMask(secrets: Iterable<string>): SecretMask {
  const parts = new Set([...secrets].flatMap((secret) => [secret, ...secret.split(/[\r\n]+/)]).filter(({ length }) => length >= shortest));
  // The longest first: one may contain another.
  const hidden = [...parts].sort((left, right) => right.length - left.length);
  let held = '';
  const clean = (text: string) => hidden.reduce((rest, secret) => rest.replaceAll(secret, redacted), text);
  return {
    push(piece) {
      const text = clean(held + piece);
      const keep = Math.max(0, ...hidden.map((secret) => overlap(text, secret)));
      held = text.slice(text.length - keep);
      return text.slice(0, text.length - keep);
    },
    end() {
      const rest = held;
      held = '';
      return rest;
    },
  };
}

/** How many characters at the end of the text are the beginning of the secret. */
function overlap(text: string, secret: string): number {
  for (let length = Math.min(text.length, secret.length - 1); length > 0; length--) {
    if (text.endsWith(secret.slice(0, length))) return length;
  }
  return 0;
}
