import { defineErrors } from './define-errors.ts';

export const allocationErrors = defineErrors({
  ALLOCATION_INPUT_MISSING: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_input',
    what: 'This program needs an input file.',
    why: 'Ganeti hands the request to its instance allocator in a file, whose name is the only argument.',
    todo: 'Name the file; "-" reads the standard input.',
  },
  ALLOCATION_INPUT_SEVERAL: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_input',
    what: 'Only one argument is accepted (the input file), not {count}.',
    why: 'An instance allocator answers one request.',
    todo: 'Leave the other arguments out.',
  },
  ALLOCATION_NODES_MISSING: {
    kind: 'user',
    http: 409,
    ganeti: 'insufficient_resources',
    what: 'failure during allocation: No online nodes.',
    why: 'Each node is offline, or in a node group that takes no instances, or alone in its group while two nodes are needed.',
    todo: 'Bring nodes online, or look at the allocation policies of the groups.',
  },
});
