import type { InstanceRuntime } from '../../rpc/index.ts';

/** Of what a node has, the instances that occupy it: not those that ended or only arrive. */
export const livingRuntimes = (running: readonly InstanceRuntime[]): InstanceRuntime[] =>
  running.filter(({ state }) => state === 'running' || state === 'paused');
