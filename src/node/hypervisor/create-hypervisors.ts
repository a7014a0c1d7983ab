import type { Clock, Log } from '../../base/index.ts';
import type { AgentConfig } from '../agent-config.ts';
import type { Hypervisor } from './hypervisor.ts';
import { createKvmHypervisor } from './kvm/kvm-hypervisor.ts';

/** The adapters of a real node. */
export function createHypervisors({ runDir, stateDir, logDir, uidBase, listen }: AgentConfig, clock: Clock, log: Log): Hypervisor[] {
  const common = { runDir, stateDir, logDir, clock, log };
  return [createKvmHypervisor({ ...common, uidBase, listenAddress: listen.host })];
}
