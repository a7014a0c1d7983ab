import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { run } from '../../base/index.ts';
import { commandIndex } from '../command/command-index.ts';
import { opcodeCommands } from '../command/opcode-commands.ts';
import { type FakeCluster, startFakeCluster } from '../testing/fake-cluster.ts';
import { gantryCommand, runGantry } from '../testing/run-gantry.ts';
import { runInTerminal } from '../testing/terminal.ts';

let cluster: FakeCluster;
let env: Record<string, string>;

before(async () => {
  cluster = await startFakeCluster();
  // The shell calls "gantry", as an installed one would.
  const program = join(cluster.home, 'gantry');
  await writeFile(program, `#!/bin/sh\nexec ${gantryCommand.join(' ')} "$@"\n`);
  await chmod(program, 0o755);
  env = { ...cluster.env, PATH: `${cluster.home}:${process.env['PATH'] ?? ''}` };
  for (const shell of ['bash', 'zsh']) {
    const { stdout } = await runGantry(['completion', shell], cluster.env);
    await writeFile(join(cluster.home, `completion.${shell}`), stdout);
  }
});
after(() => cluster.close());

/** What bash offers for a line, asked the way readline asks. */
async function offers(line: string, complete = '_gantry'): Promise<string[]> {
  const words = line.split(' ');
  const script = `
    source "$HOME/completion.bash"
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=\${#COMP_LINE}
    ${complete}
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await run('bash', ['--norc', '-uc', script, 'bash', ...words], { env });
  return stdout.split('\n').filter(Boolean).sort();
}

test('commands and options come from our own table', async () => {
  assert.deepEqual(await offers('gantry in'), ['instance']);
  const commands = [...commandIndex, ...opcodeCommands()].filter(({ path }) => path[0] === 'instance').map(({ path }) => path[1] ?? '');
  const expected = commands.filter((word) => word.startsWith('re')).sort();
  assert.ok(expected.includes('reboot') && expected.includes('resume'));
  assert.deepEqual(await offers('gantry instance re'), expected);
  assert.deepEqual(await offers('gantry instance add --m'), ['--memory']);
  assert.deepEqual(await offers('gantry instance add web1 --no-'), ['--no-conflicts-check', '--no-install', '--no-nics', '--no-start']);
});

test('commands of the host are completed from what they read themselves', async () => {
  assert.deepEqual(await offers('gantry monitor --pl'), ['--plugin-settings', '--plugins']);
  assert.deepEqual(await offers('gantry cluster init --node'), ['--node-name']);
  assert.deepEqual(await offers('gantry monitor plugin check --plug'), ['--plugin-settings']);
});

test('words that are fixed are offered at their place', async () => {
  assert.deepEqual(await offers('gantry tag add '), ['cluster', 'group', 'instance', 'network', 'node']);
  assert.deepEqual(await offers('gantry node list --output '), ['json', 'table']);
  assert.deepEqual(await offers('gantry node list --output = j'), ['json']);
  assert.deepEqual(await offers('gantry instance reboot -t s'), ['soft']);
});

test('names are asked from the cluster', async () => {
  assert.deepEqual(await offers('gantry instance startup inst1'), ['inst1.r5.test']);
  assert.deepEqual(await offers('gantry instance migrate inst1.r5.test -n '), ['node1', 'node2', 'node3', 'node4']);
  assert.deepEqual(await offers('gantry group assign-nodes rack2 node1 node2 '), ['node1', 'node2', 'node3', 'node4']);
  assert.deepEqual(await offers('gantry group info r'), ['rack2']);
  assert.deepEqual(await offers('gantry instance add web1 --os '), ['image+debian', 'tiny']);
  assert.deepEqual(await offers('gantry instance add web1 -t '), ['diskless', 'file', 'sharedfile']);
});

test("Ganeti's tools have their options and what follows them, under their own names too", async () => {
  assert.deepEqual(await offers('gantry hbal --location'), ['--location', '--location-from-tags']);
  assert.deepEqual(await offers('gantry hspace --disk-template d'), ['diskless', 'drbd']);
  assert.deepEqual(await offers('gantry hbal -X -O n'), ['node1', 'node2', 'node3', 'node4']);
  assert.deepEqual(await offers('gantry hcheck --machine-readable --used'), ['--used-memory']);
  await writeFile(join(cluster.home, 'cluster.data'), '');
  assert.deepEqual(await offers(`gantry hbal -t ${cluster.home}/cl`), [`${cluster.home}/cluster.data`]);
  assert.deepEqual(await offers(`gantry hail ${cluster.home}/cl`), [`${cluster.home}/cluster.data`]);
  assert.deepEqual(await offers('hsqueeze --output j', '_gantry_program'), ['json']);
  assert.deepEqual(await offers('/usr/bin/hroller --skip', '_gantry_program'), ['--skip-non-redundant']);
});

test('the connection given in the line is used, and one that fails is silent', async () => {
  assert.deepEqual(await offers('gantry --url https://127.0.0.1:1 node info '), []);
  assert.deepEqual(await offers(`gantry --url ${cluster.url} node info `), ['node1', 'node2', 'node3', 'node4']);
});

test('in a real bash, TAB completes the line', async () => {
  const shell = runInTerminal('bash', ['--norc', '-i'], { ...env, PS1: 'ready$ ' });
  await shell.until(/ready\$ /);
  shell.type('source "$HOME/completion.bash"; PS1="loaded$ "\r');
  await shell.until(/loaded\$ /);
  shell.type('gantry instance startup inst1\t');
  await shell.until(/startup inst1\.r5\.test /);
  // Ctrl-U empties the line.
  shell.type('\u0015exit 0\r');
  assert.equal(await shell.exit, 0);
});

test('the script for zsh is one that zsh understands', async () => {
  const script = `
    autoload -Uz compinit; compinit -u -D; source "$HOME/completion.zsh"
    compadd() { print -l -- "\${@:#--}" }
    words=(gantry instance startup inst1) CURRENT=4; _gantry
    words=(hspace --disk-template d) CURRENT=3; _gantry
    words=(gantry instance add web1 --output=) CURRENT=5; compset() { : }; _gantry`;
  const { stdout, stderr } = await run('zsh', ['-fc', script], { env });
  assert.equal(stderr, '');
  assert.match(stdout, /^inst1\.r5\.test$/m);
  assert.match(stdout, /^table\njson$/m);
  assert.match(stdout, /^diskless$/m);
});
