import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runProgram } from '../command/run-program.ts';

const examples = join(import.meta.dirname, '../../../docs/examples/location');
const rules = join(examples, 'location.yaml');

let dir = '';
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gantry-hcheck-'));
});
after(() => rm(dir, { recursive: true, force: true }));

async function run(program: string, ...words: string[]): Promise<{ code: number; out: string }> {
  let out = '';
  const io = { out: (text: string) => void (out += text), err: () => undefined, watched: false };
  return { code: await runProgram(program, words, io), out };
}

test('hcheck tells which rules are broken and what the loss of each domain would do', async () => {
  const { code, out } = await run('hcheck', '-t', join(examples, 'cluster.data'), '--location', rules);
  assert.equal(code, 1);
  assert.match(out, /^Broken: web: at most 1 per rack: rack rack1 has 2 \(web1, web2\)$/m);
  assert.match(out, /^If rack rack1 fails, 5 instances stop:\n {2}cannot restart, both nodes: web1, web2, db1$/m);
  assert.match(out, /^6 of 11 failure domains can be lost without harm\.$/m);
});

test('a cluster that hbal has balanced by the rules passes, also for programs', async () => {
  const file = join(dir, 'safe');
  await run('hbal', '-t', join(examples, 'cluster.data'), '--location', rules, '-S', file);
  const { code, out } = await run('hcheck', '-t', `${file}.balanced`, '--location', rules, '--machine-readable');
  assert.equal(code, 0);
  assert.match(out, /^HCHECK_LOCATION_RULES_BROKEN=0$/m);
  assert.match(out, /^HCHECK_LOCATION_DOMAINS_HARMFUL=1$/m, 'only the loss of the room with most nodes');
  assert.match(out, /^HCHECK_OK=1$/m);
});

test('without rules the domains alone are judged, and nothing is against them', async () => {
  const file = join(dir, 'domains.yaml');
  await writeFile(
    file,
    'levels: [rack]\ndomains:\n  - { name: r1, nodes: [node1, node2, node3] }\n  - { name: r2, nodes: [node4, node5, node6] }\n',
  );
  const { code, out } = await run('hcheck', '-t', join(examples, 'cluster.data'), '--location', file);
  assert.equal(code, 0);
  assert.match(out, /^If rack r1 fails/m);
});
