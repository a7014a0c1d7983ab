/** Why a node refuses an instance, in Ganeti's words; 0: it does not. */
export const failMode = {
  none: 0,
  memory: 1,
  disk: 2,
  cpu: 3,
  n1: 4,
  tags: 5,
  migration: 6,
  diskCount: 7,
  spindles: 8,
  internal: 9,
} as const;

export type FailMode = (typeof failMode)[keyof typeof failMode];

/** As Ganeti's programs print them, by code. */
export const failNames = [
  '',
  'FailMem',
  'FailDisk',
  'FailCPU',
  'FailN1',
  'FailTags',
  'FailMig',
  'FailDiskCount',
  'FailSpindles',
  'FailInternal',
] as const;
