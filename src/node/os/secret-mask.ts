import { redacted } from '../../model/index.ts';
import { type TextPart, WordFinder } from './word-finder.ts';

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
  const finder = new WordFinder(parts);
  /** Where secrets are that are not wholly told; those that overlap are one. */
  const hidden: TextPart[] = [];
  let held = '';
  /** Where `held` begins. A secret that began earlier was told as one already. */
  let begin = 0;

  const read = (piece: string): void => {
    held += piece;
    for (const { start, end } of finder.find(piece)) {
      let first = start;
      for (let last = hidden.at(-1); last && first < last.end; last = hidden.at(-1)) {
        first = Math.min(first, last.start);
        hidden.pop();
      }
      hidden.push({ start: first, end });
    }
  };

  /** What shows of the text before `until`; the rest is held back. */
  const show = (until: number): string => {
    let [shown, at, done] = ['', begin, 0];
    for (const { start, end } of hidden) {
      if (start >= until) break;
      if (start >= begin) shown += held.slice(at - begin, start - begin) + redacted;
      at = Math.min(end, until);
      if (end <= until) done++;
    }
    shown += held.slice(at - begin, until - begin);
    hidden.splice(0, done);
    held = held.slice(until - begin);
    begin = until;
    return shown;
  };
  return {
    push(piece) {
      read(piece);
      return show(begin + held.length - finder.begun);
    },
    end() {
      finder.forget();
      return show(begin + held.length);
    },
  };
}
