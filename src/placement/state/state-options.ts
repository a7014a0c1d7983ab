export interface StateOptions {
  /** Only the nodes of this group count in the score. */
  readonly group?: number | undefined;
  /** MiB that replace the recorded memory of KVM nodes' own system, when over 0. */
  readonly staticKvmNodeMemory?: number | undefined;
  /** Room for this many instances more than the data has, which are to be placed. */
  readonly spareInstances?: number | undefined;
  /** Part of a node's disk that is kept free, 0 to 1. */
  readonly minDisk?: number | undefined;
  /** Allowed virtual per physical processors in place of the policies' ratio. */
  readonly maxCpu?: number | undefined;
}
