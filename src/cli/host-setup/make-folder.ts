import { chmod, mkdir } from 'node:fs/promises';

/** With exactly this mode, whatever the umask takes away. One that is there keeps its mode: an operator may have chosen it. */
export async function makeFolder(path: string, mode: number): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode });
  if (made !== undefined) await chmod(path, mode);
}
