import type { QmpClient } from '../../../base/index.ts';

/**
 * Whether a guest that runs while its memory is sent may arrive corrupted. An emulated (TCG) guest does with QEMU before
 * 9.0: after a synchronisation of the dirty bitmap its translation cache still takes pages for marked, so that later writes
 * to them are not sent. (QEMU commit "physmem: Fix migration dirty bitmap coherency with TCG memory access".)
 */
export async function losesWrites(qmp: QmpClient, accelerator: string): Promise<boolean> {
  if (accelerator !== 'tcg') return false;
  const { qemu } = (await qmp.execute('query-version')) as { readonly qemu: { readonly major: number } };
  return qemu.major < 9;
}
