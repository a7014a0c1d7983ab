import type { Move } from '../balance/move.ts';

/**
 * Which nodes to switch, and what has to be moved: plain data that an executor can carry out later. Nodes and instances
 * are positions in the cluster's data. Switching off: the moves in their order, then the tags, then the power. Switching
 * on: the power, then the moves.
 */
export interface SqueezePlan {
  readonly action: 'off' | 'on' | 'none';
  /** To be switched, in the order of Ganeti's output. */
  readonly nodes: readonly number[];
  readonly moves: readonly Move[];
  /** Tag that nodes get when they are switched off, so that they may be switched on again. */
  readonly tag: string;
  /** The plan reaches its end: emptied nodes, and room on all others. False only when switching on is not enough. */
  readonly sufficient: boolean;
  readonly offCandidates: readonly number[];
  readonly onCandidates: readonly number[];
  readonly scoreBefore: number;
  readonly scoreAfter: number;
  /** MiB of disk that the moves copy. */
  readonly copied: number;
  readonly watts: WattsChange;
}

/** Watts saved (switching on: spent, below 0) as far as the nodes tell what they take. */
export interface WattsChange {
  readonly saved: number;
  /** Switched nodes that do not tell. */
  readonly unknown: number;
}

/** Ganeti's tag of nodes that its tools switched off. Source: hsqueeze(1). */
export const standbyTag = 'htools:standby:auto';
export const standbyPrefix = 'htools:standby';
