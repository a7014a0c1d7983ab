import { type Cluster, diskTemplateRow, type Node } from '../../model/index.ts';
import type { LiveState } from '../live-state.ts';
import { diskSpace, type InstanceNeeds } from './instance-needs.ts';
import { isCounted, spaceOn } from './node-space.ts';

/** Why a node takes no instance whatsoever at present, or null. */
export function nodeRefusal(live: LiveState, node: Node): string | null {
  if (node.offline) return 'offline';
  if (node.drained) return 'drained';
  if (!node.vm_capable) return 'not to run instances';
  const report = live.node(node.uuid);
  return report && !report.stale ? null : 'its agent does not answer';
}

/** Why a node that takes instances cannot take this one, by what it reported and the engine does not know; or null. */
export function inability(live: LiveState, cluster: Cluster, node: Node, needs: InstanceNeeds): string | null {
  const info = live.node(node.uuid)?.info;
  if (!info) return null;
  const { hypervisor, disk_template: template } = needs;
  const probe = info.hypervisors[hypervisor];
  if (!probe) return `it has no hypervisor ${hypervisor}`;
  if (probe.problem !== null) return `its hypervisor ${hypervisor} cannot be used`;
  if (!info.disk_templates.includes(template)) return `it has no disk template ${template}`;
  const { space: kind } = diskTemplateRow(template);
  const space = kind === null || isCounted(cluster, template) ? undefined : spaceOn(info, kind);
  const disk = diskSpace(needs);
  return space && disk > space.free ? `${disk} MiB of disk wanted, ${space.free} free` : null;
}
