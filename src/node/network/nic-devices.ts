import { createHash } from 'node:crypto';
import type { InstanceSpec, NicSpec } from '../../rpc/index.ts';
import { leaveSwitches } from './connect-to-switch.ts';
import type { IpTool, Link } from './ip-tool.ts';
import type { NicWish } from './prepared-nic.ts';

/** A NIC of an instance and its device on the host's side. */
export interface NicRequest {
  readonly instance: Pick<InstanceSpec, 'uuid' | 'name'>;
  readonly nic: NicSpec;
  readonly index: number;
  readonly device: string;
}

export interface WishedNic extends NicRequest {
  readonly wish: NicWish;
}

const digest = (text: string, length: number): string => createHash('sha256').update(text).digest('hex').slice(0, length);
export const devicePrefix = (instanceUuid: string): string => `gt${digest(instanceUuid, 8)}`;
export const aliasOf = (instanceUuid: string): string => `gantry:${instanceUuid}`;

/**
 * Name of the device of a NIC on the host's side. It follows from the two UUIDs, so that a repeated call finds the device again, and it
 * has at most 15 characters, which is what the kernel allows.
 */
export const deviceName = (instanceUuid: string, nicUuid: string): string => devicePrefix(instanceUuid) + digest(nicUuid, 5);

/** Name of the other end of a pair, until the hypervisor moves it into the instance. */
export const peerName = (instanceUuid: string, nicUuid: string): string => `gp${deviceName(instanceUuid, nicUuid).slice(2)}`;

/** The devices of NICs: taps, and pairs of which one end stays on the host. */
export interface NicDevices {
  /** Makes the device, or keeps what is wanted and there, because a running hypervisor may hold it. */
  ensure(request: WishedNic, mtu: number): Promise<void>;
  /** Removes it with the rules and ports that lead to it; of a pair both ends. */
  remove(device: string): Promise<void>;
  /** Taps and pairs of this node, also those of others. */
  list(): Promise<Link[]>;
}

export function createNicDevices(tool: IpTool): NicDevices {
  const { execute, ip, list, readLink } = tool;

  /** `ip` shows users by their name where they have one. */
  const shownUser = async (uid: number): Promise<string> => {
    const entry = await execute(['getent', 'passwd', String(uid)], undefined, [0, 2]);
    return entry.split(':')[0] || String(uid);
  };

  const remove = async (device: string): Promise<void> => {
    const rules = await list<{ readonly iif?: string; readonly table?: string }>('rule', 'show');
    for (const rule of rules.filter((one) => one.iif === device)) await ip('rule', 'del', 'iif', device, 'lookup', rule.table ?? 'main');
    await leaveSwitches(tool, device);
    if (await readLink(device)) await ip('link', 'delete', 'dev', device);
  };

  /** Whether it is such a device as is wanted, for the same user. */
  const isWanted = async ({ linkinfo }: Link, wish: NicWish): Promise<boolean> =>
    wish.kind === 'veth'
      ? linkinfo?.info_kind === 'veth'
      : linkinfo?.info_kind === 'tun' && String(linkinfo.info_data?.user) === (await shownUser(wish.ownerUid));

  return {
    async ensure({ instance, nic, device, wish }, mtu) {
      const found = await readLink(device);
      const kept = found !== null && (await isWanted(found, wish));
      if (found && !kept) await remove(device);
      if (!kept) {
        if (wish.kind === 'tap') await ip('tuntap', 'add', 'dev', device, 'mode', 'tap', 'user', String(wish.ownerUid));
        else await makePair(tool, device, peerName(instance.uuid, nic.uuid), nic.mac, mtu);
      }
      // No IPv6 address of the node on the guest's wire.
      const settings = [`alias ${aliasOf(instance.uuid)}`, 'addrgenmode none', `mtu ${mtu}`];
      await execute(['ip', '-batch', '-'], settings.map((setting) => `link set dev ${device} ${setting}\n`).join(''));
    },
    remove,
    list: async () => (await Promise.all(['tun', 'veth'].map((kind) => list<Link>('-d', 'link', 'show', 'type', kind)))).flat(),
  };
}

/** Both ends have the MTU of the wire; the instance's end has the MAC of the NIC. */
async function makePair({ ip }: IpTool, device: string, peer: string, mac: string, mtu: number): Promise<void> {
  await ip('link', 'add', 'dev', device, 'mtu', String(mtu), 'type', 'veth', 'peer', 'name', peer, 'address', mac, 'mtu', String(mtu));
}
