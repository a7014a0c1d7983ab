/** Instances that stop, and the nodes that may start each of them. */
export interface Restart {
  readonly instance: number;
  /** Positions, in order. */
  readonly candidates: readonly number[];
}

/** Tells which of the instances find no room on their candidates; `failed` is 1 for nodes that are gone. */
export type RoomCheck = (failed: Uint8Array, restarts: readonly Restart[]) => readonly number[];
