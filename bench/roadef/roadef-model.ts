/**
 * An instance of the machine reassignment problem of the ROADEF/EURO challenge 2012, as its files have it. Machines,
 * services, processes and resources are positions. Tables lie row by row: a machine's or a process's resources together.
 */
export interface RoadefModel {
  readonly resources: readonly RoadefResource[];
  readonly machines: number;
  readonly neighbourhood: Int32Array;
  readonly location: Int32Array;
  readonly capacity: Float64Array;
  readonly safety: Float64Array;
  /** From machine (row) to machine. */
  readonly machineMoveCost: Uint8Array | Uint16Array | Float64Array;
  readonly services: readonly RoadefService[];
  readonly processes: number;
  readonly service: Int32Array;
  readonly requirement: Float64Array;
  readonly processMoveCost: Float64Array;
  readonly balances: readonly RoadefBalance[];
  readonly processMoveWeight: number;
  readonly serviceMoveWeight: number;
  readonly machineMoveWeight: number;
}

export interface RoadefResource {
  /** Needed on the old machine and on the new one while the process moves. */
  readonly transient: boolean;
  /** Cost of each unit of load above a machine's safety capacity. */
  readonly weight: number;
}

export interface RoadefService {
  /** Number of locations that must have a process of it. */
  readonly spread: number;
  /** Services that must have a process in each neighbourhood where it has one. */
  readonly dependsOn: readonly number[];
}

/** `target` units of the second resource should be free for each free unit of the first. */
export interface RoadefBalance {
  readonly first: number;
  readonly second: number;
  readonly target: number;
  readonly weight: number;
}
