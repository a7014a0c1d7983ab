import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { localPaths } from '../../src/cli/local/local-paths.ts';
import { until } from '../support/until.ts';
import { startLocalCluster } from './local-cluster.ts';

let cluster: Awaited<ReturnType<typeof startLocalCluster>>;
before(async () => {
  cluster = await startLocalCluster('--nodes', '2');
});
after(() => cluster.dispose());

async function ok(line: string): Promise<string> {
  const { code, stdout, stderr } = await cluster.gantry(line.split(' '));
  assert.equal(code, 0, `${line}: ${stderr}`);
  return stdout;
}

/** What grep finds in the logs of all daemons: the file, and the line. */
function grep(word: string): { readonly file: string; readonly line: Record<string, unknown> }[] {
  const { logDir } = localPaths(cluster.name, cluster.home);
  const files = readdirSync(logDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.flatMap(({ parentPath, name }) =>
    readFileSync(join(parentPath, name), 'utf8')
      .split('\n')
      .filter((line) => line.includes(word))
      .map((line) => ({ file: join(parentPath, name).slice(logDir.length + 1), line: JSON.parse(line) as Record<string, unknown> })),
  );
}

test('the trace that "gantry job info" shows finds the lines of the request in the logs of master and node agent', async () => {
  await ok('instance add web1 --os tiny --disk 64M --memory 128M -n node1 --no-start');
  const jobs = JSON.parse(await ok('job list --output json')) as { id: number; summary: string[] }[];
  const { id } = jobs.find(({ summary }) => summary[0]?.startsWith('INSTANCE_CREATE')) ?? {};
  const page = await ok(`job info ${id}`);
  const trace = /^Trace: +([\da-f]{32})$/m.exec(page)?.[1] ?? '';
  assert.match(page, /^ +Steps:\n( +\S.*: +\d+\.\d s\n)+/m);
  const has = (file: RegExp, msg: string) => grep(trace).some((found) => file.test(found.file) && found.line['msg'] === msg);
  for (const msg of ['request', 'opcode submitted', 'step done', 'node called', 'opcode ended'])
    await until(`the master tells: ${msg}`, () => has(/master/, msg));
  for (const msg of ['called', 'call done']) await until(`the agent of node1 tells: ${msg}`, () => has(/node1/, msg));
  assert.ok(!grep(trace).some(({ file, line }) => /node2/.test(file) && String(line['method']).startsWith('disk-')));
});
