import { type ClusterState, type FailMode, failMode } from '../../placement/index.ts';

/** Whether a node is within the ratios of its policy, and if not, which of them it exceeds. */
export function policyHealth({ nodes }: ClusterState, n: number): FailMode {
  if ((nodes.instanceSpindles[n] as number) > (nodes.highSpindles[n] as number)) return failMode.disk;
  const ratio = (nodes.usedCpu[n] as number) / (nodes.totalCpu[n] as number);
  return ratio > (nodes.vcpuRatio[n] as number) ? failMode.cpu : failMode.none;
}
