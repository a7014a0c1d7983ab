import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ErrorCode, GantryError, run, silentOperation } from '../../base/index.ts';
import type { HandlerContext, InstanceSpec, NicSpec, Progress } from '../../rpc/index.ts';
import type { OsInstallRequest } from '../os-port.ts';

/** For tests of this folder: a temporary folder that is gone when `test` is over. */
export async function inFolder(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'gantry-os-'));
  try {
    await test(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Writes a definition; a file with `#!` becomes executable. `null` leaves out one of the usual files. */
export async function writeDefinition(dir: string, name: string, files: Record<string, string | null> = {}): Promise<void> {
  const script = '#!/bin/sh\nexit 0\n';
  const usual = { ganeti_api_version: '20\n', create: script, import: script, export: script, rename: script, verify: script };
  await mkdir(join(dir, name), { recursive: true });
  for (const [file, content] of Object.entries({ ...usual, 'parameters.list': '', ...files })) {
    if (content === null) continue;
    await writeFile(join(dir, name, file), content);
    if (content.startsWith('#!')) await chmod(join(dir, name, file), 0o755);
  }
}

export function recordingContext(signal: AbortSignal = new AbortController().signal): HandlerContext & { readonly seen: Progress[] } {
  const seen: Progress[] = [];
  return { stepId: undefined, operation: silentOperation, signal, seen, progress: (progress) => seen.push(progress) };
}

export const withCode =
  (code: ErrorCode, pattern = /./) =>
  (thrown: unknown) => {
    assert.ok(thrown instanceof GantryError, String(thrown));
    assert.equal(thrown.code, code, thrown.message);
    assert.match(thrown.message, pattern);
    return true;
  };

/** An instance with real disk files of the given sizes in MiB. */
export async function installRequest(
  dir: string,
  fields: Partial<InstanceSpec> & { readonly os: string },
  format: 'raw' | 'qcow2' = 'raw',
  sizes: readonly number[] = [16],
): Promise<OsInstallRequest> {
  const disks: Extract<OsInstallRequest['disks'][number], { driver: 'file' }>[] = [];
  for (const size of sizes) {
    const uuid = randomUUID();
    const path = join(dir, `${uuid}.${format}`);
    await run('qemu-img', ['create', '-q', '-f', format, path, `${size}M`]);
    disks.push({ uuid, path, format, driver: 'file', size: size * 1048576, mode: 'rw' });
  }
  const instance: InstanceSpec = {
    ...{ uuid: randomUUID(), name: 'web1', hypervisor: 'kvm', memory: 128, min_memory: 64, vcpus: 1, osparams: {} },
    ...{ hvparams: { disk_type: 'paravirtual', nic_type: 'paravirtual', acpi: true }, disk_template: 'file', nics: [], network_port: null },
    disks: disks.map(({ uuid, mode, path, size }) => ({
      ...{ uuid, mode, format, dev_type: 'file', size: size / 1048576, logical_id: ['loop', path], params: {} },
    })),
    ...fields,
  };
  return { instance, disks, reinstall: false, debug: 0 };
}

export const nic = (fields: Partial<NicSpec> = {}): NicSpec => ({
  uuid: randomUUID(),
  mac: 'aa:00:00:11:22:33',
  ip: null,
  network: null,
  nicparams: { mode: 'bridged', link: 'br0', vlan: '' },
  ...fields,
});

export const sizeOf = async (path: string): Promise<number> => (await stat(path)).size;
