import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../src/base/index.ts';
import { localClient } from '../../src/cli/local/local-client.ts';
import { localCluster, readDescription } from '../../src/cli/local/local-cluster.ts';
import { localPaths, runRoot } from '../../src/cli/local/local-paths.ts';
import type { LocalSummary } from '../../src/cli/local/local-summary.ts';
import { freePort } from '../support/free-port.ts';

export const launcher = join(import.meta.dirname, '../../gantry');

export interface CommandResult {
  /** Exit code, or null after a signal. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** SIGKILL after so many milliseconds. */
  readonly killAfterMs?: number;
  /** What to run instead of the launcher; it gets the launcher and the arguments. */
  readonly through?: readonly string[];
}

/** A place for one local cluster that collides with nobody's: name, port, state and known clusters of its own. */
export interface LocalSandbox {
  readonly name: string;
  readonly port: number;
  readonly home: string;
  /** The environment in which `gantry` finds this cluster and no other. */
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Runs `gantry` to its end, whatever its exit code is. */
  gantry(args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Runs `gantry`, which must succeed. @returns its standard output @throws AssertionError with its output when it fails */
  succeed(...args: string[]): Promise<string>;
  /** `gantry up` with name and port; what dies stays dead unless `--supervised` is given. @throws AssertionError with its output when it fails */
  up(...args: string[]): Promise<LocalSummary>;
  /** `gantry down` with the name. @throws AssertionError with its output when it fails */
  down(...args: string[]): Promise<CommandResult>;
  /** A client of the REST API of the running cluster; close it. */
  client(): ReturnType<typeof localClient>;
  /** Purges the cluster and removes the sandbox; fails when something stays. */
  dispose(): Promise<void>;
}

/** Makes a sandbox; nothing runs yet. */
export async function localSandbox(): Promise<LocalSandbox> {
  const name = `t${randomBytes(5).toString('hex')}`;
  const port = await freePort();
  const home = await mkdtemp(join(tmpdir(), 'gantry-local-'));
  // The master, which is not root, must be able to pass.
  await chmod(home, 0o755);
  const env = { ...process.env, GANTRY_HOME: home, XDG_CONFIG_HOME: join(home, 'config'), NO_COLOR: '1', TERM: 'dumb' };
  const gantry: LocalSandbox['gantry'] = (args, options = {}) => execute([...(options.through ?? []), launcher, ...args], env, options);
  const strict = async (args: readonly string[]) => {
    const result = await gantry(args);
    assert.equal(result.code, 0, `gantry ${args.join(' ')}\n${result.stderr}${result.stdout}`);
    return result;
  };
  let uidBase: number | undefined;
  return {
    name,
    port,
    home,
    env,
    gantry,
    succeed: async (...args) => (await strict(args)).stdout,
    up: async (...given) => {
      const args = given.includes('--supervised') ? given.filter((arg) => arg !== '--supervised') : ['--no-supervisor', ...given];
      const { stdout } = await strict(['up', '--name', name, '--port', String(port), '--output', 'json', ...args]);
      const summary = JSON.parse(stdout) as LocalSummary;
      uidBase = summary.uid_base;
      return summary;
    },
    down: (...args) => strict(['down', '--name', name, ...args]),
    client: async () => {
      const paths = localPaths(name, home);
      const description = await readDescription(paths, name);
      assert.ok(description, `cluster ${name} is not up`);
      return localClient(localCluster(description, paths));
    },
    dispose: async () => {
      try {
        await strict(['down', '--name', name, '--purge', '--yes']);
        await assertNothingLeft(name, home, uidBase);
      } finally {
        await rm(home, { recursive: true, force: true });
      }
    },
  };
}

/** A running cluster in a sandbox. @example const cluster = await startLocalCluster(); after(() => cluster.dispose()) */
export async function startLocalCluster(...args: string[]): Promise<LocalSandbox & { readonly summary: LocalSummary }> {
  const sandbox = await localSandbox();
  try {
    return { ...sandbox, summary: await sandbox.up(...args) };
  } catch (error) {
    await sandbox.dispose();
    throw error;
  }
}

/** Fails when a process, namespace, mount, cgroup or file of the cluster is left. */
export async function assertNothingLeft(name: string, home: string, uidBase?: number): Promise<void> {
  const places = [join(home, name), join(runRoot, name)];
  const left: string[] = [];
  for (const place of places) if (await stat(place).catch(() => undefined)) left.push(`folder ${place}`);
  const { stdout: namespaces } = await run('ip', ['netns', 'list']);
  left.push(...namespaces.split('\n').filter((line) => line.startsWith(`gantry-${name}-`)));
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n');
  left.push(...mounts.filter((line) => places.some((place) => line.includes(place))).map((line) => `mount ${line}`));
  for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const why = await belongs(pid, places, uidBase);
    if (why) left.push(`process ${pid}: ${why}`);
  }
  const { stdout: groups } = await run('find', ['/sys/fs/cgroup', '-type', 'd', '-name', `*${name}*`], { okCodes: [0, 1] });
  left.push(...groups.split('\n').filter(Boolean));
  assert.deepEqual(left, [], `left of cluster ${name}:\n  ${left.join('\n  ')}`);
}

/** A process of the cluster is known by its command line, its working directory or its user. */
async function belongs(pid: string, places: readonly string[], uidBase: number | undefined): Promise<string | undefined> {
  if (Number(pid) === process.pid) return undefined;
  const read = (promise: Promise<string>) => promise.catch(() => '');
  const command = await read(readFile(`/proc/${pid}/cmdline`, 'utf8'));
  const directory = await read(readlink(`/proc/${pid}/cwd`));
  const status = await read(readFile(`/proc/${pid}/status`, 'utf8'));
  // It has ended; only its parent has not looked yet.
  if (/^State:\s+Z/m.test(status)) return undefined;
  const uid = Number(/^Uid:\s+(\d+)/m.exec(status)?.[1] ?? -1);
  const inRange = uidBase !== undefined && uid >= uidBase && uid < uidBase + 8192;
  const fits = places.some((place) => command.includes(`${place}/`) || directory.startsWith(place)) || inRange;
  return fits ? command.replaceAll('\0', ' ').slice(0, 200) : undefined;
}

async function execute(command: readonly string[], env: NodeJS.ProcessEnv, options: CommandOptions): Promise<CommandResult> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { env: { ...env, ...options.env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const timer = options.killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), options.killAfterMs);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  return { code, stdout, stderr };
}
