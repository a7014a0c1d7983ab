import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { seededRandom } from '../../src/base/index.ts';
import { parseText } from '../../src/htools/index.ts';
import { jobMaster } from '../../src/htools/jobs/testing/job-master.ts';
import type { ClusterData } from '../../src/placement/index.ts';
import { randomCluster } from '../../src/placement/testing/random-cluster.ts';

/** Where Debian's package ganeti-htools puts Ganeti's own programs, and where ours are. */
const [oracle, ours] = ['/usr/bin', join(import.meta.dirname, '../../bin')];

/** Runs a program against a master: what it prints, and the jobs it submits together, without who submitted them. */
async function execute(folder: string, program: string, cluster: ClusterData, words: readonly string[]) {
  await using master = await jobMaster({ cluster });
  const env = { ...process.env, HTOOLS: program, LC_ALL: 'C.UTF-8' };
  const child = spawn(join(folder, program), [`-L${master.path}`, '-X', ...words], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  let out = '';
  child.stdout.on('data', (piece) => (out += piece));
  const code = await new Promise((resolve) => child.on('close', resolve));
  const submissions = master.submissions.map((jobs) => jobs.map((job) => job.map(({ comment, reason, ...opcode }) => opcode)));
  return { code, out, submissions };
}

async function both(program: string, cluster: ClusterData, ...words: string[]) {
  const [theirs, mine] = await Promise.all([execute(oracle, program, cluster, words), execute(ours, program, cluster, words)]);
  return { theirs, mine, opcodes: new Set(mine.submissions.flat(2).map((opcode) => opcode['OP_ID'])) };
}

test('hbal -X submits what that of Ganeti submits, set by set', async () => {
  const options = { nodes: 7, instances: 30, templates: ['drbd', 'ext', 'plain'], varied: true } as const;
  const runs = [1, 2, 3, 4].map((seed) => both('hbal', randomCluster(seededRandom(seed), options), '-l', '8', '--priority=low'));
  for (const { theirs, mine, opcodes } of await Promise.all(runs)) {
    assert.deepEqual(mine, theirs);
    assert.deepEqual(opcodes, new Set(['OP_INSTANCE_MIGRATE', 'OP_INSTANCE_REPLACE_DISKS']));
  }
});

function squeezeCase(name: string): ClusterData {
  const file = join(import.meta.dirname, '../../src/htools/programs/testdata', `hsqueeze-${name}.data`);
  return parseText(readFileSync(file, 'utf8'), file);
}

test('hsqueeze -X moves instances, tags nodes, and switches them off or on as that of Ganeti does', async () => {
  const [moving, powering] = [
    ['OP_INSTANCE_MIGRATE', 'OP_TAGS_SET'],
    ['OP_NODE_SET_PARAMS', 'OP_OOB_COMMAND'],
  ];
  for (const [name, kinds] of [
    ['underutilized', [...moving, ...powering]],
    ['mixed-instances', [...moving, ...powering]],
    ['overutilized', powering],
  ] as const) {
    const { theirs, mine, opcodes } = await both('hsqueeze', squeezeCase(name));
    assert.deepEqual(mine, theirs, name);
    assert.deepEqual(opcodes, new Set(kinds));
  }
});
