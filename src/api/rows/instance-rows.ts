import { randomBytes } from 'node:crypto';
import type { Instance } from '../../model/index.ts';
import { type LiveInstance, liveInstance, niceSortedByName, type View } from '../../query/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import { instanceRow } from './instance-row.ts';

/** All instances as one JSON text. It is the same object as long as no row has changed. */
export interface InstanceRows {
  all(view: View): { readonly text: Buffer; readonly etag: string };
}

/** The JSON text of one instance, and everything it was made from. */
interface Row {
  readonly instance: Instance;
  readonly cluster: unknown;
  readonly related: readonly unknown[];
  readonly live: LiveInstance;
  readonly text: string;
}

/** Other objects whose names are in a row. */
function relatedTo(instance: Instance, { config }: View): readonly unknown[] {
  const related: unknown[] = [config.nodes.get(instance.primary_node)];
  for (const uuid of instance.secondary_nodes) related.push(config.nodes.get(uuid));
  for (const nic of instance.nics) if (nic.network !== null) related.push(config.networks.get(nic.network));
  return related;
}

function sameLive(left: LiveInstance, right: LiveInstance): boolean {
  return (
    left.status === right.status &&
    left.running === right.running &&
    left.runtime?.problem === right.runtime?.problem &&
    left.runtime?.memory === right.runtime?.memory &&
    left.runtime?.vcpus === right.runtime?.vcpus
  );
}

/** In the order of their names; the old order is used again while no instance came, went or was renamed. */
function sortedInstances(config: ConfigSnapshot, before: readonly Instance[]): readonly Instance[] {
  const kept: Instance[] = [];
  if (before.length === config.instances.size) {
    for (const { uuid, name } of before) {
      const now = config.instances.get(uuid);
      if (now?.name !== name) break;
      kept.push(now);
    }
  }
  if (kept.length === config.instances.size) return kept;
  return niceSortedByName(config.instances);
}

/** A report becomes stale by the clock alone, so rows are looked at this often even if nothing was reported. */
const lookEveryMs = 1000;

/** A cache of the rows: objects of the configuration never change, so a row is good as long as its objects are the same. */
export function createInstanceRows(): InstanceRows {
  const epoch = randomBytes(6).toString('hex');
  let rows = new Map<string, Row>();
  let sorted: readonly Instance[] = [];
  let snapshot: ConfigSnapshot | undefined;
  let version = 0;
  let liveVersion = -1;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let whole: { text: Buffer; etag: string } | undefined;

  function row(instance: Instance, view: View): Row {
    const old = rows.get(instance.uuid);
    const live = liveInstance(instance, view);
    if (old && old.instance === instance && old.cluster === view.config.cluster && sameLive(old.live, live)) {
      const unchanged = view.config === snapshot;
      const related = unchanged ? old.related : relatedTo(instance, view);
      if (unchanged || related.every((one, index) => one === old.related[index])) return old;
    }
    const text = JSON.stringify(instanceRow(instance, view));
    return { instance, cluster: view.config.cluster, related: relatedTo(instance, view), live, text };
  }

  return {
    all(view) {
      const moved = view.config !== snapshot;
      const now = performance.now();
      if (whole && !moved && view.live.version === liveVersion && now - lookedAt < lookEveryMs) return whole;
      liveVersion = view.live.version;
      lookedAt = now;
      const order = moved ? sortedInstances(view.config, sorted) : sorted;
      let changed = whole === undefined || order.length !== sorted.length;
      const next = moved ? new Map<string, Row>() : rows;
      for (const [index, instance] of order.entries()) {
        const current = row(instance, view);
        changed ||= current !== rows.get(instance.uuid) || sorted[index]?.uuid !== instance.uuid;
        next.set(instance.uuid, current);
      }
      rows = next;
      sorted = order;
      snapshot = view.config;
      if (!changed && whole) return whole;
      version += 1;
      const text = Buffer.from(`[${order.map((instance) => rows.get(instance.uuid)?.text).join(',')}]`);
      whole = { text, etag: `"${epoch}-${version}"` };
      return whole;
    },
  };
}
