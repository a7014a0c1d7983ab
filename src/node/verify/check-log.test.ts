import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { folderProblem } from '../folder-problem.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import type { NodeParts } from '../node-parts.ts';
import { checkLog } from './check-log.ts';

const hypervisors: NodeParts['hypervisors'] = new Map([['kvm', {} as Hypervisor]]);
const look = (logDir: string | undefined) => checkLog({ logDir, folderProblem, hypervisors } as NodeParts, {} as never);

test('folders of logs are well when they can be written, and may still be missing inside', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'gantry-check-log-'));
  try {
    await mkdir(join(dir, 'os'));
    assert.deepEqual(await look(dir), []);
    assert.deepEqual(await look(undefined), []);
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('a folder that is missing, and one that is no folder, are told', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'gantry-check-log-'));
  try {
    await writeFile(join(dir, 'kvm'), '');
    const found = [...(await look(dir)), ...(await look(join(dir, 'none')))];
    assert.deepEqual(
      found.map(({ code, subject }) => [code, subject]),
      [
        ['VERIFY_LOG', `folder ${join(dir, 'kvm')}`],
        ['VERIFY_LOG', `folder ${join(dir, 'none')}`],
      ],
    );
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('a monitoring agent on the same node that cannot write its log is told, as long as it says so', async () => {
  const runDir = await mkdtemp(join(tmpdir(), 'gantry-check-log-'));
  const found = async () => (await checkLog({ runDir } as NodeParts, {} as never)).map(({ code, subject, text }) => [code, subject, text]);
  try {
    assert.deepEqual(await found(), []);
    await writeFile(join(runDir, 'monitor-log.json'), '{"problem":"ENOSPC; 7 lines are lost"}\n');
    assert.deepEqual(await found(), [['VERIFY_LOG', 'log of the monitoring agent', 'it cannot be written: ENOSPC; 7 lines are lost']]);
    await rm(join(runDir, 'monitor-log.json'));
    assert.deepEqual(await found(), []);
  } finally {
    await rm(runDir, { recursive: true });
  }
});
