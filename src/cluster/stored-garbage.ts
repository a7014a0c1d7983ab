import { GantryError, type Log } from '../base/index.ts';
import { keys } from '../model/index.ts';
import type { NodeCaller } from '../rpc/index.ts';
import type { Config, Entry, Leadership, Store } from '../store/index.ts';
import type { Garbage, GarbageList } from './garbage.ts';
import { fencedOut } from './lib/fenced-ends-term.ts';
import { isUnreachable } from './lib/nodes/is-unreachable.ts';
import { lacksAdapter } from './lib/nodes/lacks-adapter.ts';
import type { LiveState } from './live-state.ts';

export interface StoredGarbageOptions {
  readonly store: Store;
  /** Its comparison holds while this master leads: a deposed master must not delete entries of the new one. */
  readonly leadership: Pick<Leadership, 'compare' | 'lose'>;
  /** Whether a job is under way on an instance; what is left of that one waits. */
  readonly isBusy: (instance: { readonly uuid: string; readonly name: string }) => boolean;
  readonly config: Config;
  readonly nodes: NodeCaller;
  readonly live: () => LiveState;
  readonly log: Log;
}

/** The garbage list in the store, one key for each thing. */
export function createStoredGarbage(options: StoredGarbageOptions): GarbageList {
  const { store, leadership, isBusy, config, nodes, live, log } = options;
  const fence = leadership.compare;
  let collecting: Promise<void> | undefined;

  async function add(garbage: Garbage): Promise<void> {
    const key = keyOf(garbage);
    const { committed } = await store.transact({ compares: [fence], writes: [{ type: 'put', key, value: JSON.stringify(garbage) }] });
    if (!committed) throw fencedOut(leadership);
  }

  async function read(): Promise<{ garbage: Garbage; entry: Entry }[]> {
    const { entries } = await store.range(keys.garbage);
    return entries.map((entry) => ({ garbage: JSON.parse(entry.value) as Garbage, entry }));
  }

  async function collectAll(): Promise<void> {
    for (const { garbage, entry } of await read()) {
      const report = live().node(garbage.node);
      const gone = config.current.nodes.get(garbage.node) === undefined;
      if (!gone && (!report || report.stale)) continue;
      // Until its agent has the hypervisor again, it can stop nothing of it.
      if (!gone && garbage.type === 'instance' && !report?.info.hypervisors[garbage.hypervisor]) continue;
      if (isBusy(garbage.type === 'disk' ? garbage.owner : garbage)) continue;
      try {
        if (!gone) await collectOne(garbage);
        // A job may have noted it anew meanwhile; that stays for the next round.
        const compares = [fence, { key: entry.key, modRevision: entry.modRevision }];
        await store.transact({ compares, writes: [{ type: 'delete', key: entry.key }] });
        log.info({ garbage }, gone ? 'forgot what was left on a node that is gone' : 'removed what was left on a node');
      } catch (error) {
        // It stays in the list and is tried again in the next round.
        if (!isUnreachable(error) && !lacksAdapter(error))
          log.warn({ garbage, error: GantryError.from(error).toReport() }, 'could not remove what was left on a node');
      }
    }
  }

  async function collectOne(garbage: Garbage): Promise<void> {
    const stepId = `garbage${keyOf(garbage)}/${Date.now()}`;
    if (garbage.type === 'disk') {
      const stillUsed = [...config.current.instances.values()].some((instance) =>
        instance.disks.some((disk) => disk.uuid === garbage.disk.uuid),
      );
      if (!stillUsed) await nodes.call(garbage.node, 'disk-remove', { disk: garbage.disk, instance: garbage.owner }, { stepId });
      return;
    }
    // The instance may have come back to this node since; then it belongs there.
    const belongsHere = config.current.instances.get(garbage.uuid)?.primary_node === garbage.node;
    if (belongsHere) return;
    const { uuid, name } = garbage;
    await nodes.call(garbage.node, 'instance-stop', { uuid, name, hypervisor: garbage.hypervisor, timeout: 0 }, { stepId });
  }

  return {
    add,
    list: async () => (await read()).map(({ garbage }) => garbage),
    collect() {
      collecting ??= collectAll()
        .catch((error: unknown) => log.warn({ error: GantryError.from(error).toReport() }, 'could not collect what was left on nodes'))
        .finally(() => {
          collecting = undefined;
        });
      return collecting;
    },
  };
}

function keyOf(garbage: Garbage): string {
  return `${keys.garbage}${garbage.node}/${garbage.type}/${garbage.type === 'disk' ? garbage.disk.uuid : garbage.uuid}`;
}
