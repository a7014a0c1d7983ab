import assert from 'node:assert/strict';
import { mkdtempDisposableSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
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
  assert.match(err, /"hbal -L -X" moves instances there\.\n$/);
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

test('what is submitted names nodes and instances, and why', async () => {
  const submitted = async (name: string) => {
    await using master = await jobMaster({ cluster: parseText(readFileSync(file(name), 'utf8'), name) });
    await run(`-L${master.path}`, '-X');
    const told = ({ priority, depends, comment, reason, ...opcode }: Readonly<Record<string, unknown>>) => {
      assert.deepEqual([priority, depends], [0, null]);
      assert.deepEqual(
        (reason as unknown[][]).map((part) => part.slice(0, 2)),
        [['hsqueeze', 'hsqueeze (gantry) called']],
      );
      return [comment, opcode];
    };
    return master.submissions.flat(2).map(told);
  };
  const off = await submitted('mixed-instances');
  assert.deepEqual([...new Set(off.map(([comment]) => comment))], ['condensing by 1 nodes (gantry)']);
  assert.deepEqual(
    off.map(([, opcode]) => opcode),
    [
      {
        OP_ID: 'OP_INSTANCE_MIGRATE',
        instance_name: 'inst-10',
        target_node: 'node-01-003',
        allow_runtime_changes: false,
        ignore_ipolicy: false,
        cleanup: false,
        allow_failover: true,
        ignore_hvversions: true,
      },
      { OP_ID: 'OP_TAGS_SET', kind: 'node', tags: ['htools:standby:auto'], name: 'node-01-001' },
      { OP_ID: 'OP_NODE_SET_PARAMS', node_name: 'node-01-001', force: false, offline: true, auto_promote: false },
      { OP_ID: 'OP_OOB_COMMAND', node_names: ['node-01-001'], command: 'power-off', timeout: 60, ignore_status: false, power_delay: 2 },
    ],
  );
  const on = await submitted('overutilized');
  const names = ['node-01-002', 'node-01-004', 'node-01-005', 'node-01-006'];
  const comment = 'expanding by 4 nodes (gantry)';
  assert.deepEqual(on, [
    ...names.map((node_name) => [comment, { OP_ID: 'OP_NODE_SET_PARAMS', node_name, force: false, offline: false, auto_promote: false }]),
    [comment, { OP_ID: 'OP_OOB_COMMAND', node_names: names, command: 'power-on', timeout: 60, ignore_status: false, power_delay: 2 }],
  ]);
});

test('commands go into a file that can be run', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'squeeze-'));
  const written = async (name: string) => {
    const target = join(folder.path, name);
    const { code, out, err } = await run('-t', file(name), `-C${target}`);
    assert.deepEqual([code, err], [0, '']);
    assert.ok(out.endsWith(`\nThe commands have been written to file '${target}'\n`), out);
    const [head = '', ...commands] = readFileSync(target, 'utf8').split('\n}\n');
    assert.match(head, /^#!\/bin\/sh\n\n# [^]*\nset -e\n\ncheck\(\) {\n {2}if \[ -f \/tmp\/stop-htools \]; then\n/);
    return commands.join('').trim().split(/\n+/);
  };
  assert.deepEqual(await written('mixed-instances'), [
    'echo jobset 1, 1 jobs',
    '  echo job 1/1',
    '  check',
    '  gnt-instance migrate -f -n node-01-003 inst-10',
    'echo Tagging Commands',
    '  gnt-node add-tags node-01-001 htools:standby:auto',
    'echo Power Commands',
    '  gnt-node power -f off node-01-001',
  ]);
  assert.deepEqual((await written('overutilized')).slice(0, 4), [
    'echo Power Commands',
    '  gnt-node power -f on node-01-002',
    '  gnt-node power -f on node-01-004',
    'echo jobset 1, 2 jobs',
  ]);
});
