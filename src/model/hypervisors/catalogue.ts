import { GantryError } from '../../base/index.ts';
import { docker } from './docker.ts';
import { fake } from './fake.ts';
import { type Capability, capabilities, type HypervisorRow } from './hypervisor-row.ts';
import { kvm } from './kvm.ts';
import { lxc } from './lxc.ts';

/** Every hypervisor by its name. */
export const hypervisorCatalogue = { kvm, lxc, docker, fake } as const satisfies Readonly<Record<string, HypervisorRow>>;

export type HypervisorName = keyof typeof hypervisorCatalogue;

export const hypervisors = Object.keys(hypervisorCatalogue) as readonly HypervisorName[];

// One type for all rows: callers see no literals.
const rows: Readonly<Record<HypervisorName, HypervisorRow>> = hypervisorCatalogue;

export const hypervisorRow = (name: HypervisorName): HypervisorRow => rows[name];

/** Hypervisors for which nodes of this build have an adapter; also those of simulated clusters. */
export const builtHypervisors: readonly HypervisorName[] = hypervisors.filter((name) => rows[name].built);

/** Those of them that somebody may be advised to use. */
export const usableHypervisors: readonly HypervisorName[] = builtHypervisors.filter((name) => !rows[name].simulated);

export const isCapable = (hypervisor: HypervisorName, capability: Capability): boolean => rows[hypervisor].can.includes(capability);

/** @throws HYPERVISOR_INCAPABLE */
export function requireCapability(hypervisor: HypervisorName, capability: Capability): void {
  if (!isCapable(hypervisor, capability)) throw incapable(hypervisor, capability);
}

/** Says that a hypervisor cannot do something, by design or in the version that its node runs. */
export function incapable(hypervisor: HypervisorName, capability: Capability): GantryError {
  const able = usableHypervisors.filter((name) => isCapable(name, capability));
  return new GantryError('HYPERVISOR_INCAPABLE', { hypervisor, ability: capabilities[capability], able: able.join(', ') || 'none' });
}
