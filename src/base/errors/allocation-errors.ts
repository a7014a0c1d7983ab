import { defineErrors } from './define-errors.ts';

export const allocationErrors = defineErrors({
  ALLOCATION_INPUT_MISSING: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_input',
    what: 'This program needs an input file.',
    why: 'Ganeti passes the request to its instance allocator in a file; the name of the file is the only argument.',
    todo: 'Give the name of the file; "-" reads from standard input.',
  },
  ALLOCATION_INPUT_SEVERAL: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_input',
    what: 'Only one argument is accepted (the input file), not {count}.',
    why: 'An instance allocator answers one request.',
    todo: 'Remove the other arguments.',
  },
  ALLOCATION_NODES_MISSING: {
    kind: 'user',
    http: 409,
    ganeti: 'insufficient_resources',
    what: 'failure during allocation: No online nodes.',
    why: 'Every node is offline, or its group may not be used for new instances, or it is the only node of its group while two nodes are needed.',
    todo: 'Bring nodes online, or check the allocation policies of the groups.',
  },
});
