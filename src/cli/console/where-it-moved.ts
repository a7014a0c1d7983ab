import type { Clock } from '../../base/index.ts';
import type { ClusterClient } from '../connect/cluster-client.ts';

/** So long a move may take to be recorded after the console on the old node has ended. */
const patienceMs = 5_000;
const lookMs = 250;

/**
 * The node on which an instance goes on after its console has ended, when that is another one: its memory moved there.
 * Undefined when it stopped, or when nothing is known of it.
 */
export async function whereItMoved(
  client: Pick<ClusterClient, 'one'>,
  clock: Clock,
  { instance, from }: { readonly instance: string; readonly from: string },
): Promise<string | undefined> {
  const deadline = clock.now() + patienceMs;
  for (;;) {
    const row = await client.one('instances', instance).catch(() => undefined);
    if (!row || row['admin_state'] !== 'up') return undefined;
    const { pnode } = row;
    if (typeof pnode === 'string' && pnode !== from && row['oper_state'] === true) return pnode;
    if (clock.now() >= deadline) return undefined;
    await clock.sleep(lookMs);
  }
}
