import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { run } from '../../src/base/index.ts';
import { until } from '../support/until.ts';

export interface GuestRunOptions {
  /** Seconds until the program is ended in the guest; default 60. */
  readonly seconds?: number;
  readonly input?: string | Buffer;
  /** Exit codes that are not failures; default only 0. */
  readonly okCodes?: readonly number[];
}

export interface GuestOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One connection to a guest, which all commands share. */
export interface SshSession {
  run(command: readonly string[], options?: GuestRunOptions): Promise<GuestOutcome>;
  put(path: string, folder: string): Promise<void>;
  get(path: string, folder: string): Promise<void>;
  tunnel(port: number): Promise<Tunnel>;
  close(): Promise<void>;
}

/** A port on the host's loopback that leads to a port on the guest's loopback. */
export interface Tunnel {
  readonly port: number;
  close(): Promise<void>;
}

interface OpenTunnel extends Tunnel {
  readonly server: Server;
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** Connects to `host` as `config` describes it, and tries again while the guest is booting. */
export async function openSshSession(config: string, host: string, seconds: number): Promise<SshSession> {
  const control = join(dirname(config), `${host}.ssh`);
  const master = await startMaster(config, host, control, seconds);
  const args = ['-F', config, '-S', control, host, '--'];
  const tunnels = new Set<OpenTunnel>();

  const copy = async (from: readonly [string, readonly string[]], to: readonly [string, readonly string[]]) => {
    const source = spawn(...from, { stdio: ['ignore', 'pipe', 'pipe'] });
    const sink = spawn(...to, { stdio: ['pipe', 'ignore', 'pipe'] });
    const ends = Promise.all([ending(source), ending(sink)]);
    // The exit codes tell: tar may close its input before the padding behind the archive.
    await pipeline(source.stdout, sink.stdin).catch(() => undefined);
    const problems = (await ends).filter((text) => text !== '');
    if (problems.length > 0) throw new Error(`copy with ${host}: ${problems.join('; ')}`);
  };

  return {
    async run(command, { seconds: limit = 60, input = '', okCodes = [0] } = {}) {
      const words = ['timeout', '--kill-after=2', `${limit}`, ...command].map(quoted).join(' ');
      const outcome = await run('ssh', [...args, words], { timeoutMs: (limit + 10) * 1000, input, okCodes: everyCode });
      if (okCodes.includes(outcome.code)) return outcome;
      const why = outcome.code === 124 ? `had not ended after ${limit} s` : `ended with ${outcome.code}`;
      throw new Error(`${host}: ${command.join(' ')} ${why}\n${outcome.stdout.slice(-4000)}${outcome.stderr.slice(-4000)}`);
    },
    put: (path, folder) =>
      copy(
        ['tar', ['-C', dirname(path), '-c', basename(path)]],
        ['ssh', [...args, `mkdir -p ${quoted(folder)} && tar -C ${quoted(folder)} -x --no-same-owner`]],
      ),
    get: (path, folder) =>
      copy(
        ['ssh', ['-n', ...args, `tar -C ${quoted(dirname(path))} -c ${quoted(basename(path))}`]],
        ['tar', ['-C', folder, '-x', '--no-same-owner']],
      ),
    async tunnel(port) {
      const tunnel = await openTunnel(args, `${control}-${port}`, port);
      tunnels.add(tunnel);
      return tunnel;
    },
    async close() {
      for (const { server } of tunnels) server.close();
      master.kill();
      await ending(master);
    },
  };
}

const everyCode = Array.from({ length: 256 }, (_, code) => code);

async function startMaster(config: string, host: string, control: string, seconds: number): Promise<ChildProcess> {
  const args = ['--pdeathsig', 'KILL', 'ssh', '-F', config, '-M', '-S', control, '-N', '-n', host];
  let master: ChildProcess | undefined;
  const attempt = async () => {
    if (master === undefined || master.exitCode !== null) {
      await rm(control, { force: true });
      master = spawn('setpriv', args, { stdio: 'ignore' });
    }
    const { code } = await run('ssh', ['-F', config, '-S', control, '-O', 'check', host], { okCodes: [0, 255] });
    return code === 0 ? master : undefined;
  };
  try {
    return await until(`${host} lets us in with ssh`, attempt, { seconds, everyMs: 50 });
  } catch (error) {
    master?.kill();
    throw error;
  }
}

async function openTunnel(args: readonly string[], socketPath: string, port: number): Promise<OpenTunnel> {
  const forward = (what: string) =>
    run('ssh', [...args.slice(0, -2), '-O', what, '-L', `${socketPath}:127.0.0.1:${port}`, args.at(-2) ?? '']);
  await forward('forward');
  const server = createServer((socket) => {
    const inside = connect(socketPath);
    // Either end may close at any time; then the other one does, too.
    pipeline(socket, inside, socket).catch(() => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    server,
    port: (server.address() as { port: number }).port,
    async close() {
      server.close();
      await forward('cancel');
      await rm(socketPath, { force: true });
    },
  };
}

/** Empty when the program ended well, else what it said. */
async function ending(child: ChildProcess): Promise<string> {
  let said = '';
  child.stderr?.on('data', (piece: Buffer) => (said += piece.toString()));
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode === 0 ? '' : `${child.spawnfile} ended with ${child.exitCode ?? child.signalCode}: ${said.slice(-2000)}`;
}
