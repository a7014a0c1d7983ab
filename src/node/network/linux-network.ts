import { createHash } from 'node:crypto';
import { GantryError, run } from '../../base/index.ts';
import type { InstanceSpec, NicSpec } from '../../rpc/index.ts';
import type { NetworkPort } from './network-port.ts';

export interface LinuxNetworkOptions {
  /** Put before every command, e.g. `['ip', 'netns', 'exec', 'node1']` to work in a network namespace. */
  readonly commandPrefix?: readonly string[];
}

/** What `ip -j -d link show` says, as far as it matters here. */
interface Link {
  readonly ifname: string;
  readonly mtu: number;
  readonly ifalias?: string;
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: { readonly type?: string; readonly user?: string | number } };
}

interface NicRequest {
  readonly instance: Pick<InstanceSpec, 'uuid' | 'name'>;
  readonly nic: NicSpec;
  readonly index: number;
  readonly device: string;
}

const digest = (text: string, length: number): string => createHash('sha256').update(text).digest('hex').slice(0, length);
const devicePrefix = (instanceUuid: string): string => `gt${digest(instanceUuid, 8)}`;
const aliasOf = (instanceUuid: string): string => `gantry:${instanceUuid}`;

/**
 * Name of the tap device of a NIC. It follows from the two UUIDs, so that a repeated call finds the device again, and it
 * has at most 15 characters, which is what the kernel allows.
 */
export const tapName = (instanceUuid: string, nicUuid: string): string => devicePrefix(instanceUuid) + digest(nicUuid, 5);

/** Taps, bridges and routes through the `ip` program. The alias of a device tells which instance it belongs to. */
export function createLinuxNetwork(options: LinuxNetworkOptions = {}): NetworkPort {
  const execute = async (command: readonly string[], input?: string, okCodes: readonly number[] = [0]): Promise<string> => {
    const [program = '', ...args] = [...(options.commandPrefix ?? []), ...command];
    return (await run(program, args, { okCodes, ...(input !== undefined && { input }) })).stdout;
  };
  const ip = (...args: string[]): Promise<string> => execute(['ip', ...args]);

  const readLink = async (name: string): Promise<Link | null> => {
    const text = await execute(['ip', '-j', '-d', 'link', 'show', 'dev', name], undefined, [0, 1]);
    return (JSON.parse(text || '[]') as Link[])[0] ?? null;
  };
  const taps = async (): Promise<Link[]> => JSON.parse((await ip('-j', '-d', 'link', 'show', 'type', 'tun')) || '[]') as Link[];

  /** `ip` shows users by their name where they have one. */
  const shownUser = async (uid: number): Promise<string> => {
    const entry = await execute(['getent', 'passwd', String(uid)], undefined, [0, 2]);
    return entry.split(':')[0] || String(uid);
  };

  const removeTap = async (device: string): Promise<void> => {
    const rules = JSON.parse((await ip('-j', 'rule', 'show')) || '[]') as { readonly iif?: string; readonly table?: string }[];
    for (const rule of rules.filter((one) => one.iif === device)) await ip('rule', 'del', 'iif', device, 'lookup', rule.table ?? 'main');
    if (await readLink(device)) await ip('link', 'delete', 'dev', device);
  };

  /** Makes the tap, or keeps one that belongs to the same user, because a running hypervisor may hold it. */
  const ensureTap = async ({ instance, device }: NicRequest, ownerUid: number, mtu: number): Promise<void> => {
    const found = await readLink(device);
    const kept = found !== null && String(found.linkinfo?.info_data?.user) === (await shownUser(ownerUid));
    if (found && !kept) await removeTap(device);
    if (!kept) await ip('tuntap', 'add', 'dev', device, 'mode', 'tap', 'user', String(ownerUid));
    // No IPv6 address of the node on the guest's wire.
    const settings = [`alias ${aliasOf(instance.uuid)}`, 'addrgenmode none', `mtu ${mtu}`];
    await execute(['ip', '-batch', '-'], settings.map((setting) => `link set dev ${device} ${setting}\n`).join(''));
  };

  const connectBridged = async (request: NicRequest, ownerUid: number): Promise<void> => {
    const { link } = request.nic.nicparams;
    const bridge = await readLink(link || 'none');
    if (bridge?.linkinfo?.info_kind !== 'bridge') {
      throw new GantryError('NETWORK_BRIDGE_MISSING', { index: request.index, instance: request.instance.name, link });
    }
    await ensureTap(request, ownerUid, bridge.mtu);
    await ip('link', 'set', 'dev', request.device, 'master', link, 'up');
  };

  const connectRouted = async (request: NicRequest, ownerUid: number): Promise<void> => {
    const { device, nic } = request;
    const table = nic.nicparams.link;
    if (!nic.ip || !/^\d+\.\d+\.\d+\.\d+$/.test(nic.ip)) {
      const facts = { index: request.index, instance: request.instance.name, problem: 'it has no IPv4 address' };
      throw new GantryError('NETWORK_ROUTE_INVALID', facts);
    }
    await ensureTap(request, ownerUid, 1500);
    await ip('link', 'set', 'dev', device, 'up');
    for (const setting of ['proxy_arp', 'forwarding']) {
      await execute(['tee', `/proc/sys/net/ipv4/conf/${device}/${setting}`], '1\n');
    }
    if (nic.network?.gateway) await ip('address', 'replace', `${nic.network.gateway}/32`, 'dev', device);
    const intoTable = table === '' ? [] : ['table', table];
    await ip('route', 'replace', `${nic.ip}/32`, 'dev', device, 'proto', 'static', ...intoTable);
    if (table === '') return;
    // What comes from the guest is routed by the same table, as in Ganeti.
    const rules = JSON.parse(await ip('-j', 'rule', 'show')) as { readonly iif?: string }[];
    if (!rules.some((rule) => rule.iif === device)) await ip('rule', 'add', 'iif', device, 'lookup', table);
  };

  return {
    prepare: async (instance, nic, index, { ownerUid }) => {
      const { mode, vlan } = nic.nicparams;
      const request: NicRequest = { instance, nic, index, device: tapName(instance.uuid, nic.uuid) };
      if (vlan !== '') throw new GantryError('NETWORK_VLAN_UNSUPPORTED', { index, instance: instance.name, vlan, mode });
      const existed = (await readLink(request.device)) !== null;
      try {
        await (mode === 'bridged' ? connectBridged(request, ownerUid) : connectRouted(request, ownerUid));
      } catch (thrown) {
        if (!existed) await removeTap(request.device);
        const problem = commandProblem(thrown);
        if (problem === null) throw thrown;
        throw new GantryError('NETWORK_TAP_FAILED', { device: request.device, index, instance: instance.name, problem }, { cause: thrown });
      }
      return { uuid: nic.uuid, mac: nic.mac, tap: request.device };
    },

    cleanup: (instance) =>
      reported(async () => {
        const prefix = devicePrefix(instance.uuid);
        for (const { ifname, ifalias } of await taps()) {
          // Without an alias: its making was interrupted, the name still tells.
          const owned = ifalias === undefined ? ifname.startsWith(prefix) : ifalias === aliasOf(instance.uuid);
          if (owned) await removeTap(ifname);
        }
      }),

    list: () =>
      reported(async () =>
        (await taps()).flatMap(({ ifname, ifalias }) =>
          ifalias?.startsWith('gantry:') ? [{ device: ifname, instanceUuid: ifalias.slice('gantry:'.length) }] : [],
        ),
      ),

    bridgeExists: (name) => reported(async () => (await readLink(name))?.linkinfo?.info_kind === 'bridge'),
  };
}

/** What the failed program said, or null when it is another error. */
function commandProblem(thrown: unknown): string | null {
  const stderr = thrown instanceof GantryError && thrown.code === 'COMMAND_FAILED' ? thrown.facts['stderr'] : undefined;
  return typeof stderr === 'string' ? stderr : null;
}

async function reported<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const problem = commandProblem(thrown);
    throw problem === null ? thrown : new GantryError('NETWORK_FAILED', { problem }, { cause: thrown });
  }
}
