import type { TObject } from 'typebox';

/**
 * What only some hypervisors can do with a running instance, in words that follow "… cannot". An adapter has a port of its own
 * for each, see `capabilities.ts` in the node room.
 */
export const capabilities = {
  migration: 'migrate a running instance',
  reset: 'reset a running instance',
  resume: 'resume a paused instance',
} as const;
export type Capability = keyof typeof capabilities;

/** The consoles that an instance may have. */
export const consoleKinds = ['serial', 'vnc'] as const;
export type ConsoleKind = (typeof consoleKinds)[number];

/**
 * All that is known of a hypervisor without a node: one row of the catalogue. Everything else that differs between hypervisors
 * is in its adapter, in the node room.
 */
export interface HypervisorRow {
  /** What it runs, for people. */
  readonly summary: string;
  /** Whether the nodes of this build have an adapter for it. */
  readonly built: boolean;
  /** Only simulated clusters have it; nobody is advised to use it. */
  readonly simulated: boolean;
  readonly can: readonly Capability[];
  /** How it is given disks: as block devices or images, or as mounted file systems. */
  readonly disks: 'block' | 'mount';
  /** How it is given NICs: as a tap device that it opens, or as one end of a pair that it moves into the instance. */
  readonly nics: 'tap' | 'veth';
  readonly consoles: readonly ConsoleKind[];
  /** Its parameters (`hvparams`), complete. */
  readonly schema: TObject;
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Refuses values of parameters that the schema allows. @throws GantryError */
  readonly check?: (given: Readonly<Record<string, unknown>>) => void;
}
