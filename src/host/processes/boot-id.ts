import type { ProcFiles } from '../files/proc-files.ts';

export const bootIdFile = '/proc/sys/kernel/random/boot_id';

/** As `readBootId`, with files that are kept open; empty where it cannot be read. */
export const bootIdIn = (files: ProcFiles): string => files.readIfThere(bootIdFile)?.trim() ?? '';
