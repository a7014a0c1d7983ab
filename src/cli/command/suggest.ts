/** The known words that a misspelt one may have meant: the nearest, or else those that begin with it, or those of which it is a part; at most three. */
export function suggest(word: string, known: Iterable<string>): string[] {
  const limit = Math.max(1, Math.floor(word.length / 3));
  const rated = [...new Set(known)].sort().map((candidate) => ({
    candidate,
    distance: editDistance(word.toLowerCase(), candidate.toLowerCase(), limit + 1),
  }));
  const best = Math.min(...rated.map(({ distance }) => distance));
  const near = rated.filter(({ distance }) => distance === best && distance <= limit);
  const begun = rated.filter(({ candidate }) => word.length >= 2 && candidate.toLowerCase().startsWith(word.toLowerCase()));
  const parted = rated.filter(
    ({ candidate }) =>
      word.length >= 2 &&
      candidate
        .toLowerCase()
        .split(/[^a-z0-9]/)
        .includes(word.toLowerCase()),
  );
  return ([near, begun, parted].find((some) => some.length > 0) ?? []).slice(0, 3).map(({ candidate }) => candidate);
}

/** ` Did you mean "list"?` with a leading blank, or nothing; made to follow a sentence. */
export function suggestionHint(word: string, known: Iterable<string>): string {
  const near = suggest(word, known);
  return near.length === 0 ? '' : ` Did you mean ${near.map((candidate) => `"${candidate}"`).join(' or ')}?`;
}

/** Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other; `cap` or more is not told apart. */
function editDistance(from: string, to: string, cap: number): number {
  if (Math.abs(from.length - to.length) >= cap) return cap;
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      let best = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) best = Math.min(best, at(beforeLast, column - 2) + 1);
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return Math.min(at(last, to.length), cap);
}

const at = (row: readonly number[], column: number): number => row[column] ?? Number.POSITIVE_INFINITY;
