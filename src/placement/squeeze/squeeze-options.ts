import type { RuleBook } from '../location/rule-book.ts';

/** When nodes are switched, and what may be moved for it. */
export interface SqueezeOptions {
  /** A node is switched on when one has no room for so many standard instances (hsqueeze --minimal-resources). */
  readonly minimalResources: number;
  /** Nodes are switched off only while each other one keeps room for so many (hsqueeze --target-resources). */
  readonly targetResources: number;
  /** Bounds for what was measured; nothing measured, nothing bounded. */
  readonly load?: LoadLimits | undefined;
  /** Nodes with mirrored (DRBD) instances are emptied, too. */
  readonly mirrored?: boolean | undefined;
  /** Rules of location, compiled for the same cluster; they come back as they were. */
  readonly rules?: RuleBook | undefined;
  /** MiB that replace the recorded memory of KVM nodes' own system, when over 0. */
  readonly staticKvmNodeMemory?: number | undefined;
  /** Moves weighed before the balancing of the end state stops where it must. Default: a second's worth. */
  readonly weighings?: number | undefined;
  readonly progress?: ((progress: SqueezeProgress) => void) | undefined;
}

/** Parts of a node that may be busy, 0 to 1: above `on` more nodes are needed, below `off` one may go. */
export interface LoadLimits {
  readonly cpu: Thresholds;
  readonly memory: Thresholds;
}

export interface Thresholds {
  readonly on: number;
  readonly off: number;
}

/** What hsqueeze uses when a load is given and no bounds are. */
export const defaultLoadLimits: LoadLimits = { cpu: { on: 0.9, off: 0.7 }, memory: { on: 0.95, off: 0.85 } };

/** After each node that was looked at. */
export interface SqueezeProgress {
  readonly done: number;
  readonly total: number;
  /** Position of the node. */
  readonly node: number;
  readonly accepted: boolean;
}
