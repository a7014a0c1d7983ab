import { type ChildProcess, fork, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../test/support/free-port.ts';

/** A server that is measured beside the agent. */
export interface Peer {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly port: number;
}

/** Starts a program of this folder that tells its port. */
export async function startScript(
  script: string,
  args: readonly string[],
  options: { execArgv?: string[]; env?: NodeJS.ProcessEnv } = {},
): Promise<Peer> {
  const child = fork(join(import.meta.dirname, script), args, options);
  const [port] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error(`${script} ended`))),
  ])) as [number];
  return { child, pid: child.pid ?? 0, port };
}

/** The collectors of Debian's prometheus-node-exporter that collect what the agent's collectors of the node do. */
const shared = ['cpu', 'diskstats', 'filesystem', 'loadavg', 'meminfo', 'netdev', 'pressure', 'stat', 'uname', 'vmstat'];

/** `undefined` where it is not installed. */
export async function startNodeExporter(): Promise<Peer | undefined> {
  const port = await freePort();
  const collectors = shared.map((name) => `--collector.${name}`);
  return await startServer(
    'prometheus-node-exporter',
    [`--web.listen-address=127.0.0.1:${port}`, '--collector.disable-defaults', ...collectors],
    port,
  );
}

/**
 * Ganeti's monitoring agent in a cluster folder of its own, with those of its collectors that work on any host. Its parser of /proc/diskstats knows 14 columns, so it is given
 * a copy with so many, in a mount namespace of its own. `undefined` where it is not installed or may not do that.
 */
export async function startMond(folder: string, program: string): Promise<Peer | undefined> {
  for (const name of ['var/log/ganeti', 'var/run/ganeti', 'var/lib/ganeti']) mkdirSync(join(folder, name), { recursive: true });
  const settings = {
    'hmac.key': hmacKey,
    ssconf_master_candidates_ips: confdAddress,
    ssconf_primary_ip_family: '2',
    ssconf_master_node: 'node1',
  };
  for (const [name, text] of Object.entries(settings)) writeFileSync(join(folder, 'var/lib/ganeti', name), text);
  const lines = readFileSync('/proc/diskstats', 'utf8').trim().split('\n');
  writeFileSync(join(folder, 'diskstats'), lines.map((line) => `${line.trim().split(/\s+/).slice(0, 14).join(' ')}\n`).join(''));
  await startConfd();
  const port = await freePort();
  const script = 'mount --bind "$0" /proc/diskstats && exec "$1" -f --no-user-checks -b 127.0.0.1 -p "$2"';
  const env = { ...process.env, GANETI_ROOTDIR: folder, GANETI_HOSTNAME: 'node1', LANG: 'C.UTF-8' };
  return await startServer('unshare', ['-m', 'sh', '-c', script, join(folder, 'diskstats'), program, String(port)], port, env);
}

async function startServer(command: string, args: readonly string[], port: number, env = process.env): Promise<Peer | undefined> {
  const child = spawn(command, args, { env, stdio: 'ignore' });
  child.on('error', () => undefined);
  while (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    // A server that has begun to listen before it can answer: one reply shows that it can.
    const answers = await fetch(`http://127.0.0.1:${port}/`).then(
      (response) => response.arrayBuffer(),
      () => undefined,
    );
    if (answers) return { child, pid: child.pid, port };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return undefined;
}

export async function endPeer({ child }: Peer): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const over = once(child, 'exit');
  child.kill('SIGKILL');
  await over;
}

const hmacKey = 'of-a-benchmark';
const confdAddress = '127.88.18.14';

/** Tells mond which collectors are not active: those that need DRBD, LVM or Xen end its reports with an error. Without an answer mond would stand still for seconds. */
async function startConfd(): Promise<void> {
  const inactive = ['drbd', 'lv', 'inst-status-xen', 'xen-cpu-avg-load'].map((name) => [name, { active: false, interval: 5_000_000 }]);
  const reply = JSON.stringify({ protocol: 1, status: 0, answer: Object.fromEntries(inactive), serial: 1 });
  const socket = createSocket('udp4').unref();
  socket.on('message', (message, { port, address }) => {
    const { msg } = JSON.parse(message.subarray(4).toString()) as { msg: string };
    const { rsalt } = JSON.parse(msg) as { rsalt: string };
    const hmac = createHmac('sha1', hmacKey)
      .update(rsalt + reply)
      .digest('hex');
    socket.send(`plj0${JSON.stringify({ msg: reply, salt: rsalt, hmac })}`, port, address);
  });
  socket.bind(1814, confdAddress);
  await once(socket, 'listening');
}
