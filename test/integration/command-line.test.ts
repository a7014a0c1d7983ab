import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { run } from '../../src/base/index.ts';
import { startLocalCluster } from './local-cluster.ts';

let cluster: Awaited<ReturnType<typeof startLocalCluster>>;

before(async () => {
  cluster = await startLocalCluster();
});
after(() => cluster.dispose());

/** Runs `gantry` with the words of a line. */
const gantry = (line: string, input?: string) => cluster.gantry(line.split(' '), input === undefined ? {} : { input });

async function ok(line: string, input?: string): Promise<string> {
  const { code, stdout, stderr } = await gantry(line, input);
  assert.equal(code, 0, `${line}: ${stderr}`);
  return stdout;
}

async function json<T>(line: string): Promise<T> {
  return JSON.parse(await ok(`${line} --output json`)) as T;
}

test('a session: an instance is made, found, tagged, moved, stopped and removed', async () => {
  assert.match(await ok('instance add web1 --os tiny --disk 64M --memory 128M -n node1'), /^web1 is on node1\.\n$/);
  assert.equal(await ok('instance list -o name,status,pnode --no-headers --separator :'), 'web1:running:node1\n');
  assert.match(await ok('instance info web1'), /Memory: +128M/);
  await ok('tag add instance web1 env:prod');
  assert.equal(await ok('tag list instance web1'), 'env:prod\n');
  const listed = async (...args: string[]) => (await cluster.gantry(['instance', 'list', '--no-headers', '-o', 'name', ...args])).stdout;
  assert.equal(await listed('we*', '--filter', 'status == "running" and "env:prod" in tags and name =~ m/^WEB/i'), 'web1\n');
  assert.equal(await listed('pnode == "node3"'), '');
  assert.equal(await ok('job list --finished --limit 1 -o summary,user --no-headers'), 'TAGS_SET  admin\n');
  const refused = await gantry('instance remove web1');
  assert.match(refused.stderr, /CLI_CONFIRMATION_NEEDED/);
  assert.match(await ok('instance migrate web1 -n node2 --dry-run'), /nothing was changed/);
  assert.equal(await ok('instance list web1 -o pnode --no-headers'), 'node1\n');
  await ok('instance stop web1 --force');
  await ok('instance failover web1 -n node3 --yes');
  assert.equal(await ok('instance list web1 -o pnode,status --no-headers'), 'node3  ADMIN_down\n');
  const console = await gantry('instance console web1');
  assert.equal(console.code, 5);
  await ok('instance remove web1 --yes');
  assert.deepEqual(await json('instance list'), []);
});

test('errors of the cluster keep their code, their words and their exit code', async () => {
  const missing = await gantry('node info nod2 --output json');
  assert.equal(missing.code, 3);
  const { error } = JSON.parse(missing.stderr) as { error: { why: string; todo: string; suggestions: string[] } };
  assert.ok(error.why && error.todo);
  assert.deepEqual(error.suggestions, ['node2']);
  const unknown = await gantry('instance startup nobody --output json');
  assert.equal(unknown.code, 3);
  const { error: failed } = JSON.parse(unknown.stderr) as { error: { code: string; todo: string; facts: { job: number } } };
  assert.equal(failed.code, 'OBJECT_UNKNOWN');
  assert.ok(failed.todo);
  assert.equal((await gantry(`job wait ${failed.facts.job}`)).code, 3);
  assert.equal((await gantry('node modify node1 --offline yes')).code, 5);
  assert.equal((await gantry('job info 9999')).code, 3);
});

test('nodes, groups, networks and jobs: each command finds its resource', async () => {
  await ok('node modify node3 --drained yes');
  assert.equal(await ok('node list node3 -o name,role --no-headers --separator :'), 'node3:drained\n');
  await ok('node modify node3 --drained no');
  await ok('group add rack2 --alloc-policy last_resort');
  assert.equal(await ok('group list rack2 -o alloc_policy --no-headers'), 'last_resort\n');
  await ok('group remove rack2');
  assert.match(await ok('network info lan'), /Subnet/);
  assert.match(await ok('cluster info'), /Master: +node1/);
  assert.match(await ok('cluster locks'), /No locks are held/);
  const { token } = await json<{ token: string }>('node add node9 --ttl 5m');
  assert.ok(token.length > 40);
  const { job_id: id } = await json<{ job_id: number }>('cluster modify --max-running-jobs 30 --submit');
  assert.equal(await ok(`job wait ${id}`), `Job ${id}: success\n`);
  assert.equal((await gantry(`job cancel ${id}`)).code, 5);
  await ok(`job archive ${id}`);
  assert.match(await ok('job archive --older-than 0'), /^\d+ jobs archived\.\n$/);
});

test('bash completes names of the running cluster', async () => {
  const script = `
    source <("$1" completion bash)
    COMP_WORDS=("$1" node info no) COMP_CWORD=3
    _gantry
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const launcher = join(import.meta.dirname, '../../gantry');
  const env = { PATH: process.env['PATH'] ?? '', HOME: cluster.home, XDG_CONFIG_HOME: join(cluster.home, 'config') };
  const { stdout } = await run('bash', ['--norc', '-c', script, 'bash', launcher], { env });
  assert.deepEqual(stdout.split('\n').filter(Boolean), ['node1', 'node2', 'node3']);
});
