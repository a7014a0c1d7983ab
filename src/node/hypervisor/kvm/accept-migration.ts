import { isIP, isIPv6 } from 'node:net';
import { GantryError, type QmpClient } from '../../../base/index.ts';
import type { RpcResult } from '../../../rpc/index.ts';
import type { StartRequest } from '../start-request.ts';
import { bringUp } from './bring-up.ts';
import { endProcess } from './end-process.ts';
import { findInstance, forgetInstance, queryStatus } from './find-instance.ts';
import { kvmParameters } from './kvm-parameters.ts';
import type { KvmParts } from './kvm-parts.ts';
import { acknowledged, queryMigration } from './migration-status.ts';

/** Ports that are tried, from the parameter `migration_port` on. */
const portRange = 64;

/**
 * Starts QEMU so that it waits for the state of an instance on `listenAddress`. The machine type must be the one of the
 * source, in the parameter `machine_version`. A repetition finds the QEMU that waits already.
 * @throws HYPERVISOR_MIGRATION_FAILED when the instance runs here, HYPERVISOR_START_FAILED
 */
export function acceptMigration(parts: KvmParts, request: StartRequest, listenAddress: string): Promise<RpcResult<'migration-accept'>> {
  const address = listenAddress || parts.listenAddress;
  return parts.exclusively(request.spec.uuid, async () => {
    const waiting = await findWaiting(parts, request);
    if (waiting) return waiting;
    if (isIP(address) === 0) throw failed(request, `"${address}" is not an address of this node`);
    const { migration_port: firstPort } = kvmParameters(request.spec);
    const runtime = await bringUp(parts, request, true, async (qmp) => {
      await qmp.execute('migrate-set-capabilities', { capabilities: acknowledged });
      const host = isIPv6(address) ? `[${address}]` : address;
      await qmp.execute('migrate-incoming', { uri: `tcp:${host}:${firstPort},to=${Math.min(65_535, firstPort + portRange - 1)}` });
      return { phase: 'incoming', incoming: { address, port: await portOf(qmp, firstPort) } };
    });
    return { address, port: runtime.incoming?.port ?? firstPort, machine: runtime.machine };
  });
}

async function portOf(qmp: QmpClient, fallback: number): Promise<number> {
  return (await queryMigration(qmp)).port ?? fallback;
}

async function findWaiting(parts: KvmParts, request: StartRequest): Promise<RpcResult<'migration-accept'> | undefined> {
  const { spec } = request;
  const found = await findInstance(parts, spec);
  if (found?.process) {
    const status = await parts.qmp.use(parts.files(spec), (qmp) => queryStatus(qmp));
    const { incoming, machine } = found.runtime;
    if (status === 'inmigrate' && incoming) return { ...incoming, machine };
    if (status !== 'inmigrate') throw failed(request, `it is here already, and ${status}`);
    await endProcess(parts, spec, found.process);
  }
  if (found) await forgetInstance(parts, spec);
  return undefined;
}

const failed = ({ spec }: StartRequest, problem: string) => new GantryError('HYPERVISOR_MIGRATION_FAILED', { name: spec.name, problem });
