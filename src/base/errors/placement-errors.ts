import { defineErrors } from './define-errors.ts';

export const placementErrors = defineErrors({
  PLACEMENT_INSTANCES_UNKNOWN: {
    kind: 'user',
    http: 404,
    ganeti: 'unknown_entity',
    what: 'Unknown instance(s): {names}',
    why: 'An instance is named whole or up to one of its dots, and exactly one must fit.',
    todo: 'List the instances (hinfo -p, --print-instances) and give the name as it stands there.',
  },
  PLACEMENT_IMPOSSIBLE: {
    kind: 'user',
    http: 409,
    ganeti: 'insufficient_resources',
    what: 'No node can take {subject}: {refusals}',
    why: 'Every node was looked at, and each one was refused for the reason given.',
    todo: 'Free room on a node, bring a node back (gantry node modify --offline no or --drained no), add one, or ask for less.',
  },
  EVACUATION_IMPOSSIBLE: {
    kind: 'user',
    http: 409,
    ganeti: 'insufficient_resources',
    what: 'Node {node} cannot be emptied, {failed} of its {count} instances cannot leave: {problems}',
    why: 'Either every instance gets a new place or none is moved, so that no half-emptied node is left by surprise.',
    todo: 'Make room for these instances or move or stop them by themselves, then evacuate again; --dry-run tells without moving.',
  },
  PLACEMENT_WATTS_INVALID: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_input',
    what: 'Node {name}: the tag "{tag}" does not tell what the node takes.',
    why: 'A node has at most one tag htools:watts:IDLE:BUSY, with whole watts for when it is idle and when all its processors are busy, the second not below the first.',
    todo: 'Correct the tag, for example to htools:watts:120:350, or remove it.',
  },
  IALLOCATOR_UNKNOWN: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_input',
    what: 'There is no instance allocator "{name}".',
    why: 'Gantry places instances with the engine of hail, which is built in; it runs no allocator scripts.',
    todo: 'Leave the parameter out, or name "hail".',
  },
});
