import { createMoveSet, type Network, openNetwork } from '../../placement/index.ts';
import type { DescribedMove } from './describe-move.ts';

/** Moves that touch different nodes, fit the links together and have no order to keep, and so may run side by side. */
export type JobSet = readonly DescribedMove[];

/** Cuts a sequence where a move may not run beside the set so far; as in Ganeti, sets are made from the last move backwards. */
export function splitIntoJobSets(moves: readonly DescribedMove[], network: Network = openNetwork): JobSet[] {
  const sets: DescribedMove[][] = [];
  let together = createMoveSet(network);
  for (const move of moves.toReversed()) {
    const set = sets.at(-1);
    if (set !== undefined && together.admits(move.nodes, move.traffic)) set.push(move);
    else {
      sets.push([move]);
      together = createMoveSet(network);
    }
    together.add(move.nodes, move.traffic);
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
      ...commands.map((command) => `  ${command}`),
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
