import { openSync, readdirSync, readFileSync } from 'node:fs';

/**
 * What to put behind the streams of a child in its `stdio`, so that it has no descriptor that this process was itself started with.
 * Node marks what it opens as closed for children; what its parent left open goes on to them, and Node cannot close it:
 * each such descriptor becomes one of /dev/null.
 * @param from - how many descriptors the child is given on purpose
 */
export function closedDescriptors(from: number): ('ignore' | number)[] {
  inherited ??= findInherited();
  const highest = inherited.at(-1) ?? -1;
  const beyond = Math.max(0, highest + 1 - from);
  return Array.from({ length: beyond }, (_, index) => (inherited?.includes(from + index) ? nothing() : 'ignore'));
}

/** Fixed when the process begins, as all that it opens later is closed for children. */
let inherited: readonly number[] | undefined;
let devNull: number | undefined;

function nothing(): number {
  devNull ??= openSync('/dev/null', 'r+');
  return devNull;
}

const closeOnExec = 0o2000000;

function findInherited(): number[] {
  const open = readdirSync('/proc/self/fd').map(Number);
  return open.filter((descriptor) => descriptor > 2 && staysOpen(descriptor)).sort((one, other) => one - other);
}

function staysOpen(descriptor: number): boolean {
  try {
    const [, flags = '0'] = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8')) ?? [];
    return (Number.parseInt(flags, 8) & closeOnExec) === 0;
  } catch {
    // It was that of the listing itself, or has been closed meanwhile.
    return false;
  }
}
