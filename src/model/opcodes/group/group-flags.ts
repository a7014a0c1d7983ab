/** Flags of the commands that create a group or change it. */
export const groupFlags = {
  alloc_policy: { flags: '--alloc-policy <policy>', help: 'preferred, last_resort, unallocable' },
  ndparams: { flags: '--node-parameters <key=value…>', help: 'ndparams for the nodes of the group', parse: 'keyValues' },
  ipolicy: { flags: '--ipolicy <key=value…>', help: 'members of the instance policy: vcpu-ratio=4,memory-ratio=1.5', parse: 'keyValues' },
} as const;
