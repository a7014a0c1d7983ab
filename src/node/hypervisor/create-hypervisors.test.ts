import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog, systemClock } from '../../base/index.ts';
import { hypervisorRow, usableHypervisors } from '../../model/index.ts';
import { createHypervisors } from './create-hypervisors.ts';
import { createFakeHypervisor } from './fake-hypervisor.ts';

const config = {
  ...{ name: 'n1', listen: { host: '127.0.0.1', port: 0 }, stateDir: '/nowhere', runDir: '/nowhere', logDir: '/nowhere' },
  ...{ fileStorageDir: '/nowhere', sharedFileStorageDir: '/nowhere', osSearchPath: [], uidBase: 200_000 },
};

test('a node has every hypervisor that the catalogue says is built', () => {
  const adapters = createHypervisors(config, systemClock, silentLog);
  assert.deepEqual(adapters.map(({ name }) => name).sort(), [...usableHypervisors].sort());
});

test('devices are asked for as the catalogue says', () => {
  for (const adapter of [...createHypervisors(config, systemClock, silentLog), createFakeHypervisor()])
    assert.equal(adapter.nicWish({ uuid: 'x', network_port: null }).kind, hypervisorRow(adapter.name).nics, adapter.name);
});
