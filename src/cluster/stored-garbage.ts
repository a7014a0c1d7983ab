import { GantryError, type Log } from '../base/index.ts';
import { keys } from '../model/index.ts';
import type { NodeCaller } from '../rpc/index.ts';
import type { Config, Store } from '../store/index.ts';
import type { Garbage, GarbageList } from './garbage.ts';
import { isUnreachable } from './lib/is-unreachable.ts';
import type { LiveState } from './live-state.ts';

export interface StoredGarbageOptions {
  readonly store: Store;
  readonly config: Config;
  readonly nodes: NodeCaller;
  readonly live: () => LiveState;
  readonly log: Log;
}

/** The garbage list in the store, one key for each thing. */
export function createStoredGarbage(options: StoredGarbageOptions): GarbageList {
  const { store, config, nodes, live, log } = options;
  let collecting: Promise<void> | undefined;

  async function add(garbage: Garbage): Promise<void> {
    await store.transact({ compares: [], writes: [{ type: 'put', key: keyOf(garbage), value: JSON.stringify(garbage) }] });
  }

  async function list(): Promise<Garbage[]> {
    const { entries } = await store.range(keys.garbage);
    return entries.map((entry) => JSON.parse(entry.value) as Garbage);
  }

  async function collectAll(): Promise<void> {
    for (const garbage of await list()) {
      const report = live().node(garbage.node);
      const gone = config.current.nodes.get(garbage.node) === undefined;
      if (!gone && (!report || report.stale)) continue;
      try {
        if (!gone) await collectOne(garbage);
        await store.transact({ compares: [], writes: [{ type: 'delete', key: keyOf(garbage) }] });
        log.info({ garbage }, gone ? 'forgot what was left on a node that is gone' : 'removed what was left on a node');
      } catch (error) {
        // It stays in the list and is tried again in the next round.
        if (!isUnreachable(error))
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
    await nodes.call(garbage.node, 'instance-stop', { uuid, name, hypervisor: garbage.hypervisor as 'kvm', timeout: 0 }, { stepId });
  }

  return {
    add,
    list,
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
