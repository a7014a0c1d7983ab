import { GantryError } from '../../base/index.ts';
import { nicparamsProblem } from '../../model/index.ts';
import type { NicSpec } from '../../rpc/index.ts';
import { connectToSwitch, devicesInVlans, listSwitches, switchExists } from './connect-to-switch.ts';
import { commandProblem, createIpTool, type IpTool, type Link } from './ip-tool.ts';
import type { NetworkPort } from './network-port.ts';
import { aliasOf, createNicDevices, deviceName, devicePrefix, type NicRequest, peerName, type WishedNic } from './nic-devices.ts';
import { mayHoldGateway, type NodeRoutes, readNodeRoutes, routeProblem, sharedWireProblem } from './route-guard.ts';

export interface LinuxNetworkOptions {
  /** Put before every command, e.g. `['ip', 'netns', 'exec', 'node1']` to work in a network namespace. */
  readonly commandPrefix?: readonly string[];
  /** Addresses of the masters that are connected to this node's agent: no instance gets one of them. */
  readonly callers?: () => readonly string[];
  /** Addresses at which they reach this node's agent: neither these. */
  readonly reachedAt?: () => readonly string[];
}

/** Taps, pairs, bridges and routes through the `ip` program. The alias of a device tells which instance it belongs to. */
export function createLinuxNetwork(options: LinuxNetworkOptions = {}): NetworkPort {
  const tool = createIpTool(options.commandPrefix);
  const { ip, list, readLink } = tool;
  const { ensure: ensureDevice, remove: removeDevice, list: devices } = createNicDevices(tool);

  const bridgeOf = async (request: NicRequest): Promise<Link> => {
    const { link } = request.nic.nicparams;
    const bridge = await readLink(link || 'none');
    if (bridge?.linkinfo?.info_kind !== 'bridge') {
      throw new GantryError('NETWORK_BRIDGE_MISSING', { index: request.index, instance: request.instance.name, link });
    }
    return bridge;
  };

  /** The node's loopback addresses are its own on every wire. */
  const requireForeignAddress = async ({ instance, nic, index }: NicRequest, onWire: readonly string[]): Promise<void> => {
    if (!nic.ip) return;
    const [callers, reachedAt] = [options.callers?.() ?? [], options.reachedAt?.() ?? []];
    const problem = sharedWireProblem(nic, { routes: await readNodeRoutes(tool), devices: [...onWire, 'lo'], callers, reachedAt });
    if (problem !== null) throw new GantryError('NETWORK_ADDRESS_OF_NODE', { index, instance: instance.name, problem });
  };

  const requireBridge = async (request: NicRequest): Promise<Link> => {
    const bridge = await bridgeOf(request);
    await requireForeignAddress(request, [bridge.ifname]);
    return bridge;
  };

  const connectBridged = async (request: WishedNic): Promise<void> => {
    await ensureDevice(request, (await requireBridge(request)).mtu);
    await ip('link', 'set', 'dev', request.device, 'master', request.nic.nicparams.link, 'up');
  };

  /** The routes of this node, among which that of the NIC does no harm. */
  const harmlessRoute = async (request: NicRequest): Promise<{ routes: NodeRoutes; callers: readonly string[] }> => {
    const callers = options.callers?.() ?? [];
    const routes = await readNodeRoutes(tool);
    const problem = routeProblem(request.nic, request.device, routes, callers);
    if (problem !== null)
      throw new GantryError('NETWORK_ROUTE_INVALID', { index: request.index, instance: request.instance.name, problem });
    return { routes, callers };
  };

  const connectRouted = async (request: WishedNic): Promise<void> => {
    const { routes, callers } = await harmlessRoute(request);
    await ensureDevice(request, 1500);
    const gateway = request.nic.network?.gateway ?? '';
    await routeTo(tool, request, mayHoldGateway(gateway, routes, callers) ? gateway : null);
  };

  const requireSwitch = async (request: NicRequest): Promise<void> => {
    const { link, vlan } = request.nic.nicparams;
    if (!(await switchExists(tool, link))) {
      throw new GantryError('NETWORK_SWITCH_MISSING', { index: request.index, instance: request.instance.name, link });
    }
    if (request.nic.ip) await requireForeignAddress(request, await devicesInVlans(tool, link, vlan));
  };

  const connectSwitched = async (request: WishedNic): Promise<void> => {
    const { link, vlan } = request.nic.nicparams;
    await requireSwitch(request);
    await ensureDevice(request, 1500);
    await connectToSwitch(tool, { device: request.device, link, vlan });
    await ip('link', 'set', 'dev', request.device, 'up');
  };

  const requestOf = (instance: NicRequest['instance'], nic: NicSpec, index: number): NicRequest => {
    const problem = nicparamsProblem(nic.nicparams);
    if (problem !== null) throw new GantryError('NETWORK_NIC_INVALID', { index, instance: instance.name, problem });
    return { instance, nic, index, device: deviceName(instance.uuid, nic.uuid) };
  };

  return {
    check: (instance, nic, index) =>
      reported(async () => {
        const request = requestOf(instance, nic, index);
        await { bridged: requireBridge, routed: harmlessRoute, openvswitch: requireSwitch }[nic.nicparams.mode](request);
      }),

    prepare: async (instance, nic, index, wish) => {
      const { mode } = nic.nicparams;
      const request = requestOf(instance, nic, index);
      const existed = (await readLink(request.device)) !== null;
      try {
        await { bridged: connectBridged, routed: connectRouted, openvswitch: connectSwitched }[mode]({ ...request, wish });
      } catch (thrown) {
        if (!existed) await removeDevice(request.device);
        const problem = commandProblem(thrown);
        if (problem === null) throw thrown;
        throw new GantryError('NETWORK_TAP_FAILED', { device: request.device, index, instance: instance.name, problem }, { cause: thrown });
      }
      const { uuid, mac } = nic;
      if (wish.kind === 'tap') return { kind: 'tap', uuid, mac, tap: request.device };
      return { kind: 'veth', uuid, mac, veth: request.device, peer: peerName(instance.uuid, uuid) };
    },

    cleanup: (instance) =>
      reported(async () => {
        const prefix = devicePrefix(instance.uuid);
        for (const { ifname, ifalias } of await devices()) {
          // Without an alias: its making was interrupted, the name still tells.
          const owned = ifalias === undefined ? ifname.startsWith(prefix) : ifalias === aliasOf(instance.uuid);
          if (owned) await removeDevice(ifname);
        }
      }),

    list: () =>
      reported(async () =>
        (await devices()).flatMap(({ ifname, ifalias }) =>
          ifalias?.startsWith('gantry:') ? [{ device: ifname, instanceUuid: ifalias.slice('gantry:'.length) }] : [],
        ),
      ),

    bridgeExists: (name) => reported(async () => (await readLink(name))?.linkinfo?.info_kind === 'bridge'),
    links: () =>
      reported(async () => {
        const [bridges, switches] = await Promise.all([list<Link>('link', 'show', 'type', 'bridge'), listSwitches(tool)]);
        return { bridges: bridges.map(({ ifname }) => ifname), switches };
      }),
    switchExists: (name) => reported(() => switchExists(tool, name)),
  };
}

/** Leads to the guest what is sent to its address, and what it sends through the table of its link, as in Ganeti. */
async function routeTo({ execute, ip, list }: IpTool, { device, nic }: NicRequest, gateway: string | null): Promise<void> {
  const table = nic.nicparams.link;
  await ip('link', 'set', 'dev', device, 'up');
  for (const setting of ['proxy_arp', 'forwarding']) {
    await execute(['tee', `/proc/sys/net/ipv4/conf/${device}/${setting}`], '1\n');
  }
  if (gateway !== null) await ip('address', 'replace', `${gateway}/32`, 'dev', device);
  const intoTable = table === '' ? [] : ['table', table];
  await ip('route', 'replace', `${nic.ip}/32`, 'dev', device, 'proto', 'static', ...intoTable);
  if (table === '') return;
  const rules = await list<{ readonly iif?: string }>('rule', 'show');
  if (!rules.some((rule) => rule.iif === device)) await ip('rule', 'add', 'iif', device, 'lookup', table);
}

async function reported<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const problem = commandProblem(thrown);
    throw problem === null ? thrown : new GantryError('NETWORK_FAILED', { problem }, { cause: thrown });
  }
}
