import { type Cluster, type DiskTemplate, diskTemplateRow, type SpaceKind } from '../../model/index.ts';
import type { NodeInfo } from '../../rpc/index.ts';

/** MiB. */
export interface Space {
  readonly total: number;
  readonly free: number;
}

/**
 * The storage of nodes that the placement engine counts, for it knows of one: that of the first enabled template whose disks lie on
 * the nodes. What other templates need is compared with what their storage has free.
 */
export function countedSpace({ enabled_disk_templates: enabled }: Pick<Cluster, 'enabled_disk_templates'>): SpaceKind {
  const local = enabled.find((template) => diskTemplateRow(template).reach === 'local');
  return (local && diskTemplateRow(local).space) ?? 'file';
}

/** Space on a node, as it reported, for disks of this kind of storage; undefined: it has told of none. */
export function spaceOn(info: NodeInfo, kind: SpaceKind): Space | undefined {
  const pool = info.storage?.find(({ type }) => type === kind);
  if (pool) return pool;
  // An agent of before tells of its files alone, which are taken for the shared ones, too.
  const isFile = kind === 'file' || kind === 'sharedfile';
  return info.storage === undefined && isFile ? { total: info.disk_total, free: info.disk_free } : undefined;
}

/** Whether the engine counts the space of disks of this template. */
export const isCounted = (cluster: Pick<Cluster, 'enabled_disk_templates'>, template: DiskTemplate): boolean => {
  const { reach, space } = diskTemplateRow(template);
  return reach === 'local' && space === countedSpace(cluster);
};
