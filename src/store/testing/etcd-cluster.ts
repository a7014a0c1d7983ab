import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EtcdOptions } from '../store.ts';
import { freePort } from './free-port.ts';

/** From Debian's package etcd-server. */
const program = 'etcd';

export interface EtcdMember {
  /** SIGSTOP: it takes connections and never answers. */
  freeze(): void;
  thaw(): void;
}

/** Three etcd servers on loopback that make one store. */
export interface EtcdCluster {
  readonly members: readonly EtcdMember[];
  options(prefix: string): EtcdOptions;
  remove(): Promise<void>;
}

/** @param settings further options of each member, without the dashes */
export async function startEtcdCluster(count = 3, settings: Readonly<Record<string, string>> = {}): Promise<EtcdCluster> {
  const directory = await mkdtemp(join(tmpdir(), 'gantry-etcds-'));
  const numbers = Array.from({ length: count }, (_, index) => index);
  const ports = await freePorts(2 * count);
  const client = (index: number) => `http://127.0.0.1:${ports[index]}`;
  const peer = (index: number) => `http://127.0.0.1:${ports[count + index]}`;
  const processes = numbers.map((index) => {
    const all = {
      name: `m${index}`,
      'data-dir': join(directory, `m${index}`),
      'listen-client-urls': client(index),
      'advertise-client-urls': client(index),
      'listen-peer-urls': peer(index),
      'initial-advertise-peer-urls': peer(index),
      'initial-cluster': numbers.map((each) => `m${each}=${peer(each)}`).join(','),
      'heartbeat-interval': '100',
      'election-timeout': '1000',
      logger: 'zap',
      'log-level': 'fatal',
      ...settings,
    };
    const args = Object.entries(all).map(([name, value]) => `--${name}=${value}`);
    return spawn(program, args, { stdio: 'ignore' });
  });
  await Promise.all(processes.map((each) => once(each, 'spawn')));
  return {
    members: processes.map((each) => ({ freeze: () => void each.kill('SIGSTOP'), thaw: () => void each.kill('SIGCONT') })),
    options: (prefix) => ({ hosts: numbers.map((index) => `localhost:${ports[index]}`), prefix }),
    async remove() {
      await Promise.all(processes.map(end));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  server.kill('SIGKILL');
  await ended;
}

/** Different ones. */
async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}
