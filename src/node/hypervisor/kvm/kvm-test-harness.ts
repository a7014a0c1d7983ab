import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog, systemClock } from '../../../base/index.ts';
import { diskPathOf } from '../../testing/disk-path-of.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { type HypervisorHarness, handlerContext } from '../hypervisor-conformance.ts';
import type { InstanceRef, StartRequest } from '../start-request.ts';
import { type InstanceFiles, instanceFiles } from './instance-files.ts';
import { instanceUid } from './instance-uid.ts';
import { createKvmHypervisor } from './kvm-hypervisor.ts';
import type { KvmOptions } from './kvm-parts.ts';
import { obedientGuest, stubbornGuest } from './test-guests.ts';

/** Two nodes on this host with directories of their own and real QEMU, emulated. */
export interface KvmHarness extends HypervisorHarness {
  readonly directory: string;
  /** What `source` was made with. */
  readonly options: KvmOptions;
  /** The user under which an instance runs. */
  uidOf(request: StartRequest): number;
  /** Where the files of an instance of `source` lie. */
  filesOf(request: StartRequest): InstanceFiles;
  /** Ends every instance and removes the directories. */
  dispose(): Promise<void>;
}

const uidBase = 310_000;
/** On a busy host the firmware takes seconds. */
const bootLimitMs = 60_000;

export async function createKvmHarness(): Promise<KvmHarness> {
  const directory = await mkdtemp(join(tmpdir(), 'gantry-kvm-'));
  // The users of the instances must reach the disks in it.
  await chmod(directory, 0o711);
  const optionsOf = (name: string): KvmOptions => ({
    runDir: join(directory, name, 'run'),
    logDir: join(directory, name, 'log'),
    stateDir: join(directory, 'state'),
    listenAddress: '127.0.0.1',
    uidBase,
    clock: systemClock,
    log: silentLog,
  });
  const [source, target] = [createKvmHypervisor(optionsOf('a')), createKvmHypervisor(optionsOf('b'))];
  const { runDir, logDir } = optionsOf('a');
  const serialOf = (ref: InstanceRef) => instanceFiles(runDir, logDir, ref).console;
  return {
    directory,
    options: optionsOf('a'),
    source,
    target,
    address: '127.0.0.1',
    restarted: () => createKvmHypervisor(optionsOf('a')),
    uidOf: ({ spec }) => instanceUid(uidBase, spec),
    filesOf: ({ spec }) => instanceFiles(runDir, logDir, spec),
    async request(guest) {
      const request = newRequest(join(directory, `${randomUUID()}.raw`));
      await writeFile(diskPathOf(request), guest === 'obedient' ? obedientGuest() : stubbornGuest());
      return request;
    },
    async requestWithConsoles() {
      const request = newRequest(join(directory, `${randomUUID()}.raw`));
      await writeFile(diskPathOf(request), obedientGuest());
      return { ...request, spec: { ...request.spec, hvparams: { ...request.spec.hvparams, vnc_bind_address: '127.0.0.1' } } };
    },
    async booted(ref) {
      // As an agent does that comes after another one.
      await source.tend?.();
      await waitForEcho(serialOf(ref));
    },
    async crash(ref) {
      const pid = (await source.list()).find(({ uuid }) => uuid === ref.uuid)?.pid;
      assert.ok(pid);
      process.kill(pid, 'SIGKILL');
      while ((await source.list()).some(({ uuid, state }) => uuid === ref.uuid && state !== 'crashed')) await systemClock.sleep(20);
    },
    async powerOff(ref) {
      const socket = connect(serialOf(ref));
      socket.end('q');
      while ((await source.list()).some(({ uuid, state }) => uuid === ref.uuid && state === 'running')) await systemClock.sleep(20);
      socket.destroy();
    },
    async dispose() {
      for (const hypervisor of [source, target]) {
        await stopAll(hypervisor);
        await hypervisor.close?.();
      }
      await rm(directory, { recursive: true });
    },
  };
}

async function stopAll(hypervisor: Hypervisor): Promise<void> {
  for (const row of await hypervisor.list()) await hypervisor.stop(row, 0, handlerContext());
}

let lastPort = 11_000 + (process.pid % 3000);

export function newRequest(diskPath: string): StartRequest {
  const uuid = randomUUID();
  return {
    spec: {
      uuid,
      name: `vm-${uuid.slice(0, 8)}`,
      hypervisor: 'kvm',
      os: 'tiny',
      memory: 32,
      min_memory: 32,
      vcpus: 1,
      // Both nodes are on one address here, so their VNC ports would collide.
      hvparams: { vnc_bind_address: '', accelerator: 'tcg', migration_port: 18_102 },
      osparams: {},
      disk_template: 'sharedfile',
      disks: [],
      nics: [],
      network_port: lastPort++,
    },
    disks: [{ uuid: randomUUID(), mode: 'rw', path: diskPath, format: 'raw', driver: 'file', size: 1024 * 1024 }],
    nics: [],
  };
}

let lastByte = 0;

/** Writes to the guest's serial line until the guest sends it back; each time another byte, for what was said before is shown, too. */
async function waitForEcho(path: string): Promise<void> {
  const byte = Buffer.from([0x80 + (lastByte++ % 0x80)]);
  const socket = connect(path);
  const heard = new Promise<void>((resolve, reject) => {
    socket.on('data', (data) => {
      if (Buffer.from(data).includes(byte)) resolve();
    });
    socket.on('error', reject);
  });
  const timer = setInterval(() => socket.write(byte), 60);
  const limit = setTimeout(() => socket.destroy(new Error(`the guest behind ${path} does not answer`)), bootLimitMs);
  try {
    await heard;
  } finally {
    clearInterval(timer);
    clearTimeout(limit);
    socket.destroy();
  }
}
