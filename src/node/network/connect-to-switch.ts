import { GantryError } from '../../base/index.ts';
import type { IpTool, Link } from './ip-tool.ts';

/** Seconds to wait for the database of Open vSwitch, which is there or is not. */
const wait = '--timeout=10';

/** Whether this node has an Open vSwitch of that name. */
export async function switchExists(tool: Pick<IpTool, 'execute'>, name: string): Promise<boolean> {
  return (await listSwitches(tool)).includes(name);
}

/** Names of the Open vSwitches of this node; none where Open vSwitch is not installed or does not run. */
export async function listSwitches({ execute }: Pick<IpTool, 'execute'>): Promise<string[]> {
  try {
    const names = await execute(['ovs-vsctl', wait, 'list-br']);
    return names.split('\n').filter((name) => name !== '');
  } catch (error) {
    if (error instanceof GantryError && (error.code === 'COMMAND_FAILED' || error.code === 'COMMAND_MISSING')) return [];
    throw error;
  }
}

/** Columns of a port for `nicparams.vlan`: `.5` is access to VLAN 5, `:5:6` a trunk of both, `.5:6` a trunk with untagged packets in 5. */
export function portColumns(vlan: string): string[] {
  const [access = '', ...trunks] = vlan.split(':');
  const tag = access.replace(/^\./, '');
  if (trunks.length === 0) return tag === '' ? [] : [`tag=${tag}`, 'vlan_mode=access'];
  const trunk = `trunks=${trunks.join(',')}`;
  return tag === '' ? [trunk, 'vlan_mode=trunk'] : [`tag=${tag}`, trunk, 'vlan_mode=native-untagged'];
}

/**
 * Devices of the node that are in a VLAN of a NIC of this switch: the switch itself, its other ports, and VLAN devices on it.
 * A NIC without a VLAN is with those that have none.
 */
export async function devicesInVlans({ execute, list }: Pick<IpTool, 'execute' | 'list'>, link: string, vlan: string): Promise<string[]> {
  const ids = vlan.split(/[.:]/).filter((id) => id !== '');
  const namesOf = async (...args: string[]) => (await execute(['ovs-vsctl', wait, ...args])).split('\n').filter((name) => name !== '');
  const ports = new Set([link, ...(await namesOf('list-ports', link))]);
  const tagged: string[] = [];
  for (const tag of ids.length === 0 ? ['[]'] : ids.map(Number))
    tagged.push(...(await namesOf('--bare', '--columns=name', 'find', 'port', `tag=${tag}`)));
  const onSwitch = tagged.filter((name) => ports.has(name));
  if (ids.length === 0) return onSwitch;
  const stacked = await list<Link>('-d', 'link', 'show', 'type', 'vlan');
  const isInVlan = (one: Link) => one.link === link && ids.some((id) => Number(id) === one.linkinfo?.info_data?.id);
  return [...onSwitch, ...stacked.filter(isInVlan).map(({ ifname }) => ifname)];
}

/** Makes a device a port of a switch, and of no other one, in one transaction of its database. */
export async function connectToSwitch(
  { execute }: Pick<IpTool, 'execute'>,
  { device, link, vlan }: { readonly device: string; readonly link: string; readonly vlan: string },
): Promise<void> {
  const columns = portColumns(vlan);
  const set = columns.length === 0 ? [] : ['--', 'set', 'port', device, ...columns];
  await execute(['ovs-vsctl', wait, '--if-exists', 'del-port', device, '--', 'add-port', link, device, ...set]);
}

/** Takes a device out of the switch that it is a port of, if it is: a switch remembers the names of devices that are gone. */
export async function leaveSwitches({ execute }: Pick<IpTool, 'execute'>, device: string): Promise<void> {
  try {
    await execute(['ovs-vsctl', wait, '--if-exists', 'del-port', device]);
  } catch (error) {
    // Without Open vSwitch there is no port; a name that stays is taken by nobody else, and is replaced when the NIC comes back.
    if (!(error instanceof GantryError)) throw error;
  }
}
