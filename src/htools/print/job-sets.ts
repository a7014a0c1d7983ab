import type { DescribedMove } from './describe-move.ts';

/** Moves that touch different nodes and are not interlocked, and so may run side by side. */
export type JobSet = readonly DescribedMove[];

/** Cuts a sequence where a move touches a node of the set so far, or is interlocked with one of its moves; as in Ganeti, sets are made from the last move backwards. */
export function splitIntoJobSets(moves: readonly DescribedMove[]): JobSet[] {
  const sets: DescribedMove[][] = [];
  let busy = new Set<number>();
  let locked = new Set<number>();
  for (const move of moves.toReversed()) {
    const next = sets.at(-1);
    if (next !== undefined && move.nodes.every((n) => !busy.has(n)) && move.locks.every((lock) => !locked.has(lock))) next.push(move);
    else {
      sets.push([move]);
      busy = new Set();
      locked = new Set();
    }
    for (const n of move.nodes) busy.add(n);
    for (const lock of move.locks) locked.add(lock);
  }
  return sets.map((set) => set.reverse()).reverse();
}

/** The sets as lines of a shell script; each job first asks whether to go on. */
export function formatJobSets(sets: readonly JobSet[]): string {
  const lines = sets.flatMap((set, s) =>
    set.flatMap(({ commands }, j) => [
      ...(j === 0 ? ['', `echo jobset ${s + 1}, ${set.length} jobs`] : []),
      `  echo job ${s + 1}/${j + 1}`,
      '  check',
      ...commands.map((command) => `  gnt-instance ${command}`),
    ]),
  );
  return lines.map((line) => `${line}\n`).join('');
}

/** What makes a script of the sets: it ends between two jobs once somebody creates the file. */
export const scriptHead = `#!/bin/sh

# Written by a program that plans moves of instances. Creating the file /tmp/stop-htools ends it before the next job.

set -e

check() {
  if [ -f /tmp/stop-htools ]; then
    echo 'Stop requested, exiting'
    exit 0
  fi
}

`;
