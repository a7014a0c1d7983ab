import { closeSync, readdirSync, readFileSync } from 'node:fs';

/** Standard input, output and error are wanted. */
const firstOther = 3;
const closeOnExec = 0o2000000;

/**
 * Closes the descriptors that whoever started this process left open: a program that it starts would get them, too. Node
 * opens its own so that no program gets them. To be called before anything is opened.
 */
export function closeInheritedDescriptors(): void {
  for (const name of readdirSync('/proc/self/fd')) {
    const descriptor = Number(name);
    if (descriptor >= firstOther && isInherited(descriptor)) closeSync(descriptor);
  }
}

function isInherited(descriptor: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
  } catch (error) {
    // The one by which the folder was read.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
