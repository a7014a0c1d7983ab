import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject } from '../../src/base/index.ts';
import { until } from '../support/until.ts';
import { connectGuestAgent } from './guest-agent.ts';
import { type GuestIdentity, identityScript } from './guest-identity.ts';
import { type Machine, startMachine } from './guest-machine.ts';
import { agentPath, type MachineOptions } from './machine-arguments.ts';
import { openSshSession, type SshSession } from './ssh-session.ts';
import { writeSshConfig } from './write-ssh-config.ts';

/** A Debian with systemd in a QEMU. Commands run as root. Nothing in it reaches further than the other guests of its lab. */
export interface LabGuest extends Omit<SshSession, 'close'> {
  readonly name: string;
  /** In the private network. */
  readonly address: string;
  /** Puts text into a file, whose folder is made. */
  write(path: string, content: string, mode?: number): Promise<void>;
  /** Ends its QEMU at once. Whatever the guest had not written to its disks is lost. */
  cutPower(): Promise<void>;
  /** Asks the system to stop, and waits until it has. */
  shutDown(): Promise<void>;
  /** Boots from its disks after a power cut or a stop, in about 30 seconds. */
  boot(): Promise<void>;
  /** Pulls the cable of the private network, or puts it back. */
  setLink(up: boolean): Promise<void>;
  /** Id of QEMU's process on this host, or undefined without power. */
  pid(): number | undefined;
  /** The last lines of its console. */
  console(): Promise<string>;
}

export interface GuestOptions {
  readonly folder: string;
  readonly machine: Omit<MachineOptions, 'state' | 'ssh'>;
  readonly state: string;
  readonly identity: GuestIdentity;
}

const continueSeconds = 180;
const bootSeconds = 600;

/** Continues from the saved state and gives the guest its identity. */
export async function startGuest({ folder, machine, state, identity }: GuestOptions): Promise<LabGuest> {
  const { name, address } = identity;
  let running: { machine: Machine; session: SshSession } | undefined;
  const ssh = 'user,id=ssh,restrict=on,hostfwd=tcp:127.0.0.1:0-:22';

  const start = async (options: MachineOptions) => {
    const started = await startMachine(options);
    try {
      if (options.state !== undefined) await identify(options.prefix, identity);
      const config = await writeSshConfig(folder, name, await forwardedPort(started));
      running = { machine: started, session: await openSshSession(config, name, options.state ? continueSeconds : bootSeconds) };
    } catch (error) {
      await started.kill();
      throw new Error(`guest ${name} does not start; the end of its console:\n${await readConsole(folder, name)}`, { cause: error });
    }
  };
  const stop = async (how: (machine: Machine) => Promise<void>) => {
    const { machine: going, session } = needPower();
    running = undefined;
    await how(going);
    await session.close();
  };
  const needPower = () => {
    if (!running) throw new Error(`guest ${name} has no power`);
    return running;
  };

  await start({ ...machine, ssh, state });
  const guest: LabGuest = {
    name,
    address,
    run: async (command, options) => needPower().session.run(command, options),
    put: async (path, into) => needPower().session.put(path, into),
    get: async (path, into) => needPower().session.get(path, into),
    tunnel: async (port) => needPower().session.tunnel(port),
    async write(path, content, mode = 0o644) {
      const script = 'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod "$2" "$1"';
      await guest.run(['sh', '-c', script, 'sh', path, mode.toString(8)], { input: content });
    },
    cutPower: async () => stop((going) => going.kill()),
    shutDown: async () =>
      stop(async (going) => {
        await going.qmp.execute('system_powerdown');
        const late = setTimeout(() => void going.kill(), 120_000);
        await going.ended;
        clearTimeout(late);
        going.qmp.close();
      }),
    async boot() {
      if (running) throw new Error(`guest ${name} is running`);
      await start({ ...machine, ssh });
      await until(`${name} has booted`, async () => isUp(await needPower().session.run(['systemctl', 'is-system-running'], anyState)), {
        seconds: bootSeconds,
        everyMs: 500,
      });
    },
    setLink: async (up) => {
      await needPower().machine.qmp.execute('set_link', { name: 'lan', up });
    },
    pid: () => running?.machine.pid,
    console: () => readConsole(folder, name),
  };
  return guest;
}

const anyState = { okCodes: [0, 1] };
const isUp = ({ stdout }: { stdout: string }): boolean => ['running', 'degraded'].includes(stdout.trim());

async function identify(prefix: string, identity: GuestIdentity): Promise<void> {
  const agent = await connectGuestAgent(agentPath(prefix), continueSeconds);
  try {
    await agent.execute('/bin/sh', ['-s'], identityScript(identity));
  } finally {
    agent.close();
  }
}

/** QEMU chose a free port itself, so that two labs never meet. */
async function forwardedPort({ qmp }: Machine): Promise<number> {
  const question: JsonObject = { 'command-line': 'info usernet' };
  const table = (await qmp.execute('human-monitor-command', question)) as string;
  const port = /TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)/.exec(table)?.[1];
  if (port === undefined) throw new Error(`QEMU forwards no port: ${table}`);
  return Number(port);
}

const readConsole = async (folder: string, name: string): Promise<string> =>
  (await readFile(join(folder, `${name}.console`), 'utf8')).slice(-3000);
