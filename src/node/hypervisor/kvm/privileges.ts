import { stat } from 'node:fs/promises';

/**
 * The command that gives up every privilege and then becomes `command`, in the same process. Without root there is
 * nothing to give up but the chance to gain some.
 */
export function unprivileged(uid: number, command: readonly string[], groups: readonly number[] = []): string[] {
  if (!isRoot()) return ['setpriv', '--no-new-privs', ...command];
  const groupArgument = groups.length > 0 ? `--groups=${groups.join(',')}` : '--clear-groups';
  return [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${uid}`,
    groupArgument,
    '--no-new-privs',
    '--inh-caps=-all',
    '--bounding-set=-all',
    ...command,
  ];
}

export const isRoot = (): boolean => process.getuid?.() === 0;

/** The group that may use /dev/kvm (Debian: `kvm`), for accelerated guests; none where root alone or everybody may. */
export async function kvmGroups(): Promise<number[]> {
  try {
    const device = await stat('/dev/kvm');
    return device.gid !== 0 && (device.mode & 0o060) === 0o060 ? [device.gid] : [];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
