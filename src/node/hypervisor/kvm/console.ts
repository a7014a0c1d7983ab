import type { RpcResult } from '../../../rpc/index.ts';
import type { InstanceRef } from '../hypervisor.ts';
import { requireInstance } from './find-instance.ts';
import { kvmParameters } from './kvm-parameters.ts';
import type { KvmParts } from './kvm-parts.ts';

/** Where the consoles of a running instance are. @throws HYPERVISOR_NOT_RUNNING */
export async function readConsole(parts: KvmParts, instance: InstanceRef): Promise<RpcResult<'instance-console'>> {
  const { runtime } = await requireInstance(parts, instance);
  const files = parts.files(instance);
  const serial = kvmParameters(runtime.request.spec).serial_console;
  return { serial_socket: serial ? files.serial : null, serial_log: serial ? files.serialLog : null, vnc: runtime.vnc };
}
