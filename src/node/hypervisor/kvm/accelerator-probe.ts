import { chown, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GantryError, run } from '../../../base/index.ts';
import { isRoot, readBootId, unprivileged } from '../../../host/index.ts';
import { probeUid } from './instance-uid.ts';
import { kvmGroups } from './kvm-groups.ts';
import type { KvmParts } from './kvm-parts.ts';
import { probeExitCode, probeImage } from './probe-image.ts';

/** A working KVM takes a fraction of a second. */
const probeMs = 7000;

export interface ProbeResult {
  readonly accelerator: 'kvm' | 'tcg';
  /** Why KVM is not used; null when it is. */
  readonly problem: string | null;
}

interface Remembered extends ProbeResult {
  readonly bootId: string;
  readonly version: string;
}

const underWay = new WeakMap<KvmParts, Promise<ProbeResult>>();

/** The accelerator that works on this node. */
export const chooseAccelerator = async (parts: KvmParts): Promise<'kvm' | 'tcg'> => (await probeAccelerator(parts)).accelerator;

/**
 * Finds out whether KVM works by booting a tiny guest with it, once for each boot of the host and version of QEMU; that
 * /dev/kvm can be opened is no proof. The answer is kept in `probes.json` of the state directory.
 */
export function probeAccelerator(parts: KvmParts): Promise<ProbeResult> {
  const running = underWay.get(parts) ?? rememberedOrProbed(parts);
  underWay.set(parts, running);
  running.catch(() => underWay.delete(parts));
  return running;
}

async function rememberedOrProbed(parts: KvmParts): Promise<ProbeResult> {
  const path = join(parts.stateDir, 'probes.json');
  const version = await parts.facts.version();
  const bootId = readBootId();
  const probes = await readProbes(path, parts);
  const known = probes['kvm'] as Remembered | undefined;
  if (known?.bootId === bootId && known.version === version) return known;
  const problem = await bootProbeGuest(parts, 'kvm');
  const result: Remembered = { accelerator: problem === null ? 'kvm' : 'tcg', problem, bootId, version };
  if (problem !== null) parts.log.warn({ problem }, 'KVM does not work on this node; instances run emulated (TCG), many times slower');
  await mkdir(parts.stateDir, { recursive: true });
  await writeFile(`${path}.new`, `${JSON.stringify({ ...probes, kvm: result }, null, 1)}\n`);
  await rename(`${path}.new`, path);
  return result;
}

async function readProbes(path: string, parts: KvmParts): Promise<Record<string, unknown>> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      parts.log.warn({ path, error }, 'the result of the last probe cannot be read; probing again');
    return {};
  }
}

/** Boots the probe guest as an unprivileged user. The result is null when it did its work in time, else what went wrong. */
export async function bootProbeGuest(parts: KvmParts, accelerator: 'kvm' | 'tcg'): Promise<string | null> {
  const uid = probeUid(parts.uidBase);
  await mkdir(parts.runDir, { recursive: true });
  const directory = await mkdtemp(join(parts.runDir, 'probe-'));
  try {
    const image = join(directory, 'guest');
    await writeFile(image, probeImage(), { mode: 0o600 });
    // The umask of a unit lets no other user read what root writes: the guest's file is that user's own.
    if (isRoot()) for (const path of [image, directory]) await chown(path, uid, uid);
    const [program = '', ...args] = unprivileged(uid, [parts.qemuPath, ...probeArguments(accelerator)], await kvmGroups());
    const { code, stderr } = await run(program, args, { cwd: directory, timeoutMs: probeMs, okCodes: [0, 1, probeExitCode] });
    if (code === probeExitCode) return null;
    return code === 0 ? 'a tiny test guest crashed' : stderr.trim().split('\n').at(-1) || 'QEMU ended without a message';
  } catch (error) {
    const known = GantryError.from(error);
    return known.code === 'TIMED_OUT' ? `a tiny test guest did not finish within ${probeMs / 1000} s` : known.message;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const probeArguments = (accelerator: 'kvm' | 'tcg'): string[] => [
  ...['-nodefaults', '-no-user-config', '-no-reboot', '-machine', 'pc', '-accel', accelerator, '-m', '32', '-display', 'none'],
  ...['-blockdev', 'driver=file,filename=guest,node-name=guest,read-only=on', '-device', 'virtio-blk-pci,drive=guest,bootindex=0'],
  ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=1'],
];
