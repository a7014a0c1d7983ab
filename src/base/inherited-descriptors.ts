import { readdirSync, readFileSync } from 'node:fs';

/** Standard input, output and error are wanted. */
const firstOther = 3;
const closeOnExec = 0o2000000;

/**
 * The descriptors, in order, that whoever started this process left open, and that a program which it starts would get, too.
 * Node marks what it opens as closed for children, and with it the first sixteen that it was started with.
 */
export function inheritedDescriptors(): number[] {
  const open = readdirSync('/proc/self/fd').map(Number);
  return open.filter((descriptor) => descriptor >= firstOther && staysOpen(descriptor)).sort((one, other) => one - other);
}

/** The flags with which a descriptor is open, as in open(2); undefined when it is not. */
export function descriptorFlags(descriptor: number): number | undefined {
  try {
    const [, flags = '0'] = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8')) ?? [];
    return Number.parseInt(flags, 8);
  } catch {
    return undefined;
  }
}

/** That of the listing itself is not there any more. */
function staysOpen(descriptor: number): boolean {
  const flags = descriptorFlags(descriptor);
  return flags !== undefined && (flags & closeOnExec) === 0;
}
