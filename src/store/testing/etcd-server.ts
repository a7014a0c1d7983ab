import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

/** From Debian's package etcd-server. */
const program = 'etcd';

export interface EtcdServerOptions {
  /** PEM files; with them the server speaks mutual TLS. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
  /** Where its data directory is made; default: the directory for temporary files. */
  readonly parent?: string;
}

/** An etcd of our own on loopback, for tests and benchmarks. */
export interface EtcdServer {
  readonly port: number;
  /** SIGKILL, and the same server again on the same data. */
  crash(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Stops it and removes its data. */
  remove(): Promise<void>;
}

export async function startEtcdServer({ tls, parent = tmpdir() }: EtcdServerOptions = {}): Promise<EtcdServer> {
  const directory = await mkdtemp(join(parent, 'gantry-etcd-'));
  const [port, peerPort] = [await freePort(), await freePort()];
  const client = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  const settings = {
    'data-dir': join(directory, 'data'),
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `default=${peer}`,
    'heartbeat-interval': '10',
    'election-timeout': '100',
    logger: 'zap',
    'log-level': 'error',
    ...(tls && { 'trusted-ca-file': tls.ca, 'cert-file': tls.cert, 'key-file': tls.key, 'client-cert-auth': 'true' }),
  };
  const args = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
  let server: ChildProcess | undefined;
  const end = async (signal: NodeJS.Signals) => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  };
  const start = async () => {
    server = await spawned(args);
  };
  try {
    await start();
  } catch (error) {
    await rm(directory, { recursive: true });
    throw error;
  }
  return {
    port,
    start,
    stop: () => end('SIGTERM'),
    async crash() {
      await end('SIGKILL');
      await start();
    },
    async remove() {
      await end('SIGKILL');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The process; whether it answers yet is for the client to find out. */
async function spawned(args: readonly string[]): Promise<ChildProcess> {
  const server = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    await once(server, 'spawn');
  } catch (error) {
    throw new Error(`etcd does not start; this needs Debian's package etcd-server`, { cause: error });
  }
  return server;
}
