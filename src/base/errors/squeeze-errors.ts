import { defineErrors } from './define-errors.ts';

/** Errors of hsqueeze, hroller and harep. First lines are Ganeti's, which scripts compare. */
export const squeezeErrors = defineErrors({
  ROLL_NO_NODES: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_input',
    what: 'Cannot create node graph',
    why: 'No node is left to reboot: all are offline, in other groups, without the tags, or left out for their non-redundant instances.',
    todo: 'Choose nodes less narrowly (-G, --node-tags, --skip-non-redundant, -O).',
  },
  ROLL_NO_ROOM: {
    kind: 'operational',
    http: 409,
    ganeti: 'insufficient_resources',
    what: 'Not enough capacity to move {what}',
    why: 'There is a node that cannot be cleared even if it reboots alone: the other nodes of its group lack memory, disk or spindles.',
    todo: 'Free room in its group, or leave such instances where they are (--ignore-non-redundant, no --full-evacuation).',
  },
  ROLL_MIGRATION_FAILS: {
    kind: 'operational',
    http: 409,
    ganeti: 'insufficient_resources',
    what: 'Failed to migrate instances off nodes',
    why: 'The secondary nodes lack memory for all instances of a group of nodes at once.',
    todo: 'Free memory, or leave out --full-evacuation.',
  },
  ROLL_MASTER_MISSING: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_input',
    what: 'No master node found (maybe not supported by backend).',
    why: 'The master is to reboot last, so the data must say which node it is; text files mark it with M.',
    todo: 'Take another source, or go on without a master with --force.',
  },
  ROLL_MASTERS_SEVERAL: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_input',
    what: 'Found more than one master node: {names}',
    why: 'A cluster has one master; the data are wrong.',
    todo: 'Correct the data, or collect them anew.',
  },
  ROLL_GROUP_UNKNOWN: {
    kind: 'user',
    http: 404,
    ganeti: 'unknown_entity',
    what: 'Cannot find target group.',
    why: 'No node group has this name.',
    todo: 'Give a name that hinfo lists.',
  },
});
