import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LocalSummary, summaryLines } from './local-summary.ts';

const summary: LocalSummary = {
  name: 'local',
  rapi_url: 'https://127.0.0.1:5080',
  ca_file: '/x/ca.crt',
  credentials_file: '/x/credentials',
  state_dir: '/x',
  log_dir: '/x/log',
  uid_base: 200_000,
  master: { node: 'node1', pid: 1, log_file: '/x/log/master.log' },
  nodes: [],
};

test('what to try next works: a new instance has a free name, the console is of one that exists', () => {
  const next = (instances: readonly string[]) => summaryLines(summary, instances).join('\n');
  assert.match(next([]), /instance add web1 [\s\S]*instance console web1/);
  assert.match(next(['web1', 'web2']), /instance add web3 [\s\S]*instance console web1/);
  assert.match(next(['db']), /instance add web1 [\s\S]*instance console db/);
});
