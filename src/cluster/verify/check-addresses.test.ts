import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainConfig, plainInstance, plainNode, plainUuid } from '../testing/plain-config.ts';
import { checkAddresses } from './check-addresses.ts';
import type { VerifyView } from './verify-view.ts';

const holder = (number: number, ip: string, network: string | null) =>
  plainInstance(number, 0, 1, { nics: [{ uuid: plainUuid(5, number), name: null, mac: 'aa:00:00:00:00:01', ip, network, nicparams: {} }] });
const found = (nodes: string[], ...instances: ReturnType<typeof holder>[]) => {
  const config = plainConfig({ nodes: nodes.map((ip, number) => plainNode(number, { primary_ip: ip, secondary_ip: ip })), instances });
  return [...checkAddresses({ config } as VerifyView)].map(({ subject, text, severity }) => `${severity} ${subject}: ${text}`);
};
const [lan, wan] = [plainUuid(9, 0), plainUuid(9, 1)];

test('addresses of one are fine, those of two who may meet are told', () => {
  assert.deepEqual(
    found(['192.0.2.1', '192.0.2.2'], holder(0, '10.0.0.1', lan), holder(1, '10.0.0.1', wan), holder(2, '10.0.0.2', null)),
    [],
  );
  assert.deepEqual(found(['127.0.0.1', '127.0.0.1']), [], 'a cluster that lives on loopback');
  assert.deepEqual(found(['192.0.2.1', '192.0.2.1']), [
    'error address 192.0.2.1: the address 192.0.2.1 is in use by node node0, node node1.',
  ]);
  const twice = (ip: string, severity: string, users: string) => [`${severity} address ${ip}: the address ${ip} is in use by ${users}.`];
  assert.deepEqual(found(['192.0.2.1'], holder(0, '192.0.2.1', lan)), twice('192.0.2.1', 'error', 'node node0, instance instance0'));
  assert.deepEqual(
    found([], holder(0, '10.0.0.1', lan), holder(1, '10.0.0.1', lan)),
    twice('10.0.0.1', 'error', 'instance instance0, instance instance1'),
  );
  assert.deepEqual(
    found([], holder(0, '10.0.0.1', lan), holder(1, '10.0.0.1', null)),
    twice('10.0.0.1', 'error', 'instance instance0, instance instance1'),
  );
  assert.deepEqual(
    found([], holder(0, '10.0.0.1', null), holder(1, '10.0.0.1', null)),
    twice('10.0.0.1', 'warning', 'instance instance0, instance instance1'),
  );
});
