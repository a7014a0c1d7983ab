import { createWriteStream } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { until } from '../support/until.ts';
import type { BuiltRoot } from './build-root.ts';
import { connectGuestAgent } from './guest-agent.ts';
import { type Machine, startMachine } from './guest-machine.ts';
import { agentPath } from './machine-arguments.ts';

const bootSeconds = 240;

/** In the guest: waits until it has started, with an answer that says what failed. */
const settle = `
state=$(timeout ${bootSeconds} systemctl is-system-running --wait)
if [ "$state" != running ]; then systemctl list-units --failed --no-legend; echo "the system is $state"; exit 1; fi
udevadm settle
rm -rf /run/log/journal/* /var/tmp/* /tmp/*
sync
`;

/** Boots from the disk, which the guest writes to, and puts its memory and its devices into the file `state` in `dir`. */
export async function saveState({ disk, kernel, initrd }: BuiltRoot, dir: string): Promise<void> {
  const prefix = join(dir, 'build');
  const machine = await startMachine({
    kernel,
    initrd,
    disk: { format: 'raw', path: disk },
    prefix,
    lan: 'hubport,id=lan,hubid=1',
    ssh: 'user,id=ssh,restrict=on',
    mac: '52:54:00:4c:00:00',
    dataDisks: [],
  });
  try {
    const agent = await connectGuestAgent(agentPath(prefix), bootSeconds);
    await agent.execute('/bin/sh', ['-s'], settle, bootSeconds);
    agent.close();
    await store(machine, `${prefix}.stream`, join(dir, 'state'));
  } finally {
    await machine.kill();
  }
}

async function store({ qmp }: Machine, socketPath: string, statePath: string): Promise<void> {
  const server = createServer();
  server.listen(socketPath);
  const written = new Promise<void>((resolve, reject) => {
    server.once('connection', (socket) => pipeline(socket, createWriteStream(statePath)).then(resolve, reject));
  });
  await qmp.execute('stop');
  await qmp.execute('migrate-set-parameters', { 'max-bandwidth': 4 * 1024 ** 3 });
  await qmp.execute('migrate', { uri: `unix:${socketPath}` });
  const finished = async () => {
    const { status } = (await qmp.execute('query-migrate')) as { status: string };
    if (status === 'failed') throw new Error('QEMU cannot save the state of the guest');
    return status === 'completed';
  };
  await until('the state of the guest is saved', finished, { seconds: 120, everyMs: 50 });
  await written;
  server.close();
}
