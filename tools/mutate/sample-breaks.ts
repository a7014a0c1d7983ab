import { createHash } from 'node:crypto';
import type { CodeBreak } from './code-break.ts';

/**
 * Some breaks of each room, at most one a line. Which ones follows from the seed and from what each break is, not from how
 * many there are: a change of the code elsewhere leaves the sample as it was.
 */
export function sampleBreaks(breaks: readonly CodeBreak[], seed: number, each: number): CodeBreak[] {
  const rooms = Map.groupBy(breaks, ({ file }) => roomOf(file));
  return [...rooms.values()].flatMap((ofRoom) => {
    const lines = new Set<string>();
    const ranked = ofRoom.map((one) => ({ one, rank: rankOf(one, seed) })).sort((a, b) => (a.rank < b.rank ? -1 : 1));
    const taken: CodeBreak[] = [];
    for (const { one } of ranked) {
      const line = `${one.file}:${one.line}`;
      if (taken.length >= each) break;
      if (lines.has(line)) continue;
      lines.add(line);
      taken.push(one);
    }
    return taken;
  });
}

/** `src/jobs/saga/saga.ts` is of the room `jobs`. */
export const roomOf = (file: string): string => file.split('/')[1] ?? file;

const rankOf = ({ identity }: CodeBreak, seed: number): string => createHash('sha256').update(`${seed}|${identity}`).digest('hex');
