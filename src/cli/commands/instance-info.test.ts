import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instanceDetails } from './instance-info.ts';

test('a VNC console is told with the command that opens it: no port of it is open', () => {
  const consoleOf = (network_port: number | null) => new Map(instanceDetails({ name: 'web1', network_port })).get('VNC console');
  assert.equal(consoleOf(11000), 'gantry instance console --vnc web1');
  assert.equal(consoleOf(null), 'no');
});
