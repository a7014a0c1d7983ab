import { access } from 'node:fs/promises';
import type { ConsolePlaces } from '../../../rpc/index.ts';
import type { InstanceRef } from '../start-request.ts';
import { requireInstance } from './find-instance.ts';
import { kvmParameters } from './kvm-parameters.ts';
import type { KvmParts } from './kvm-parts.ts';
import type { Runtime } from './runtime-file.ts';

/** Where the consoles of a running instance are; its serial line is held and served by the agent. @throws HYPERVISOR_NOT_RUNNING, SOCKET_REFUSED */
export async function readConsole(parts: KvmParts, instance: InstanceRef): Promise<ConsolePlaces> {
  const { runtime } = await requireInstance(parts, instance);
  const places = await consolePlaces(parts, runtime);
  if (places.serial_socket !== null) await parts.serialLines.hold(runtime);
  return places;
}

export async function consolePlaces(parts: KvmParts, runtime: Runtime): Promise<ConsolePlaces> {
  const files = parts.files(runtime);
  return {
    serial_socket: kvmParameters(runtime.request.spec).serial_console ? files.console : null,
    vnc_socket: (await exists(files.vnc)) ? files.vnc : null,
    vnc: runtime.vnc,
  };
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
