import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runProgram } from '../command/run-program.ts';
import { jobMaster, type MasterScript } from '../jobs/testing/job-master.ts';
import { parseText } from '../sources/text/parse-text.ts';

const file = (name: string) => join(import.meta.dirname, 'testdata', `hsqueeze-${name}.data`);

async function run(...words: string[]) {
  let out = '';
  let err = '';
  const io = { out: (text: string) => void (out += text), err: (text: string) => void (err += text), watched: false };
  return { code: await runProgram('hsqueeze', words, io), out, err };
}

/** Runs hsqueeze against a master that has this cluster. */
async function squeeze(name: string, script: MasterScript, ...words: string[]) {
  await using master = await jobMaster({ ...script, cluster: parseText(readFileSync(file(name), 'utf8'), name) });
  const result = await run(`-L${master.path}`, '-X', ...words);
  return { ...result, opcodes: master.submissions.map((jobs) => jobs.flat().map((opcode) => String(opcode['OP_ID']))) };
}

const power = (nodes: number) => [...Array<string>(nodes).fill('OP_NODE_SET_PARAMS'), 'OP_OOB_COMMAND'];

test('nodes are emptied, tagged, and only then switched off', async () => {
  const { code, out, opcodes } = await squeeze('mixed-instances', {});
  assert.deepEqual(opcodes, [['OP_INSTANCE_MIGRATE'], ['OP_TAGS_SET'], power(1)]);
  assert.match(out, /^'Nodes to offline'\nnode-01-001\nGot job IDs 100\nGot job IDs 101\nGot job IDs 102\n$/);
  assert.equal(code, 0);
});

test('when a move fails, no node is tagged or switched off', async () => {
  const { code, err, opcodes } = await squeeze('mixed-instances', { states: { 100: ['error'] }, failure: 'no network' });
  assert.deepEqual(opcodes, [['OP_INSTANCE_MIGRATE']]);
  assert.match(err, /^Error: hsqueeze: Not all jobs[^]*HTOOLS_JOBS_FAILED[^]*no network\. .* 2\./m);
  assert.equal(code, 1);
});

test('nodes are switched on; moving instances there is left to hbal', async () => {
  const { code, err, opcodes } = await squeeze('overutilized', {});
  assert.deepEqual(opcodes, [power(4)]);
  assert.match(err, /hbal -L -X moves instances there\.\n$/);
  assert.equal(code, 0);
});

test('the plan as JSON stays whole', async () => {
  const { out, err } = await squeeze('mixed-instances', {}, '--output=json');
  assert.equal(JSON.parse(out).action, 'off');
  assert.match(err, /Got job IDs 100\nGot job IDs 101\nGot job IDs 102\n$/);
});

test('without a master there is nobody to submit to, unless there is nothing to do', async () => {
  const refused = await run('-t', file('mixed-instances'), '-X');
  assert.match(refused.err, /^Error: hsqueeze: Execution of commands possible only on LUXI\n/);
  assert.equal(refused.code, 1);
  assert.equal((await run('-t', file('mixed-instances'), '-X', '--target-resources=100')).code, 0);
});
