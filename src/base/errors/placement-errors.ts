import { defineErrors } from './define-errors.ts';

export const placementErrors = defineErrors({
  PLACEMENT_INSTANCES_UNKNOWN: {
    kind: 'user',
    http: 404,
    ganeti: 'unknown_entity',
    what: 'Unknown instance(s): {names}',
    why: 'Use the full name of an instance or an unambiguous prefix that ends at a dot.',
    todo: 'List the instances (hinfo -p, --print-instances) and use the name from that list.',
  },
  PLACEMENT_IMPOSSIBLE: {
    kind: 'user',
    http: 409,
    ganeti: 'insufficient_resources',
    what: 'No node can take {subject}: {refusals}',
    why: 'Every node was checked, and each was rejected for the reason given.',
    todo: 'Fix the reasons listed. A missing bridge or switch: create it on the node, or choose another link (--net 0:link=…). A node that is offline or drained: bring it back (gantry node modify --offline no or --drained no). Not enough resources: free some on a node, add a node, or ask for less.',
  },
  EVACUATION_IMPOSSIBLE: {
    kind: 'user',
    http: 409,
    ganeti: 'insufficient_resources',
    what: 'None of the {count} instances of node {node} can leave: {problems}',
    why: 'An instance cannot leave if its disks are only on this node, or if no allowed node has enough free resources.',
    todo: 'Free resources for these instances, or move or stop them one by one, then evacuate again; --dry-run shows the result without moving anything.',
  },
  EVACUATION_RUNNING: {
    kind: 'user',
    http: 409,
    ganeti: 'wrong_state',
    what: 'Job {job} is evacuating node {node} already: {count} of its moves have not ended, the first is job {first}.',
    why: 'A second evacuation would move the same instances again.',
    todo: 'Wait for the moves, e.g. with "gantry job watch {first}", or cancel them; "gantry job info {job}" lists all of them. Then evacuate again.',
  },
  PLACEMENT_WATTS_INVALID: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_input',
    what: 'Node {name}: the tag "{tag}" does not give the power consumption of the node.',
    why: 'A node has at most one tag htools:watts:IDLE:BUSY: whole watts when it is idle and when all processors are busy; BUSY must not be less than IDLE.',
    todo: 'Correct the tag, for example to htools:watts:120:350, or remove it.',
  },
  IALLOCATOR_UNKNOWN: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_input',
    what: 'There is no instance allocator "{name}".',
    why: 'Gantry places instances with its built-in engine "hail" and does not run allocator scripts.',
    todo: 'Remove the parameter, or use "hail".',
  },
});
