import { type Capability, incapable } from '../../model/index.ts';
import type { Capabilities } from './capabilities.ts';
import type { Hypervisor } from './hypervisor.ts';

/** A capability of an adapter, for who cannot do without. @throws HYPERVISOR_INCAPABLE */
export function capabilityOf<C extends Capability>(hypervisor: Hypervisor, capability: C): Capabilities[C] {
  const all: Partial<Capabilities> = hypervisor;
  const port = all[capability];
  if (port === undefined) throw incapable(hypervisor.name, capability);
  return port;
}
