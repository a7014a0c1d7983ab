import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ganetiErrorText } from './ganeti-error-text.ts';

test('what went wrong is told in the words that scripts look for, with its facts; else in our own', () => {
  const text = (code: string, facts: Record<string, string>) =>
    ganetiErrorText({ code, what: 'our own words', facts } as never, 'OP_INSTANCE_STARTUP');
  for (const [code, facts, expected] of [
    ['OBJECT_UNKNOWN', { kind: 'instance', name: 'web1' }, "Instance 'web1' not known"],
    ['OBJECT_UNKNOWN', { kind: 'node', name: 'n1' }, "Node 'n1' not known"],
    ['OBJECT_UNKNOWN', { kind: 'group', name: 'g' }, "Node group 'g' not found"],
    ['OBJECT_UNKNOWN', { kind: 'network', name: 'lan' }, "Network 'lan' not found"],
    ['OBJECT_UNKNOWN', { kind: 'filter', name: 'f' }, 'our own words'],
    ['NAME_TAKEN', { kind: 'instance', name: 'web1' }, "Instance 'web1' is already in the cluster"],
    ['NAME_TAKEN', { kind: 'node', name: 'n1' }, 'Node n1 is already in the configuration'],
    ['HYPERVISOR_NOT_ENABLED', { hypervisor: 'lxc', enabled: 'kvm' }, 'Selected hypervisor (lxc) not enabled in the cluster (kvm)'],
    ['NODE_OFFLINE', {}, "Can't use offline node: {name}"],
    ['NETWORK_IN_USE', { name: 'lan' }, 'Network still connected'],
    ['JOB_UNKNOWN', { job: '7' }, 'our own words'],
  ] as const)
    assert.equal(text(code, facts), expected);
});
