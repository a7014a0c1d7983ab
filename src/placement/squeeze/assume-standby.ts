import type { PreparedCluster, PreparedNode } from '../cluster/prepare-cluster.ts';
import { standbyPrefix } from './squeeze-plan.ts';

/**
 * A node that is switched off cannot report its size. A standby node is assumed to be like the smallest online node of its group,
 * and empty. Without this assumption, Ganeti always wants more nodes switched on after one was switched off.
 */
export function assumeStandby(data: PreparedCluster): PreparedCluster {
  return { ...data, nodes: data.nodes.map((node) => (isSilent(node) ? sizedLike(node, smallestOnline(data, node.group)) : node)) };
}

const isSilent = ({ offline, totalMemory, tags }: PreparedNode): boolean =>
  offline && totalMemory === 0 && tags.some((tag) => tag.startsWith(standbyPrefix));

function smallestOnline({ nodes }: PreparedCluster, group: number): PreparedNode | undefined {
  const [first, ...others] = nodes.filter((node) => node.group === group && !node.offline);
  return others.reduce((least, node) => (least && node.totalMemory >= least.totalMemory ? least : node), first);
}

function sizedLike(node: PreparedNode, model: PreparedNode | undefined): PreparedNode {
  if (!model) return node;
  const { totalMemory, nodeMemory, totalDisk, totalCpu, nodeCpu, cpuSpeed, totalSpindles } = model;
  const free = { freeMemory: totalMemory - nodeMemory, freeDisk: totalDisk, freeSpindles: totalSpindles };
  return { ...node, totalMemory, nodeMemory, totalDisk, totalCpu, nodeCpu, cpuSpeed, totalSpindles, ...free };
}
