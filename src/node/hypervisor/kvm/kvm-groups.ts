import { stat } from 'node:fs/promises';

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
