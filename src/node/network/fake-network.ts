import { GantryError } from '../../base/index.ts';
import type { NetworkPort } from './network-port.ts';

/** Names of bridges and switches. */
export interface FakeLinks {
  readonly bridges: string[];
  readonly switches: string[];
}

/**
 * Devices that exist in memory alone, for simulated clusters.
 * @param owners device to the UUID of its instance; a network over the map of another one is that one after a restart
 * @param links what NICs can be connected to; undefined: whatever it is called
 */
export function createFakeNetwork(owners = new Map<string, string>(), links: () => FakeLinks | undefined = () => undefined): NetworkPort {
  const check: NetworkPort['check'] = async ({ name }, { nicparams: { mode, link } }, index) => {
    const known = links();
    const facts = { index, instance: name, link };
    if (mode === 'bridged' && known?.bridges.includes(link) === false) throw new GantryError('NETWORK_BRIDGE_MISSING', facts);
    if (mode === 'openvswitch' && known?.switches.includes(link) === false) throw new GantryError('NETWORK_SWITCH_MISSING', facts);
  };

  return {
    check,
    prepare: async (instance, { uuid, mac, ...nic }, index, { kind }) => {
      await check(instance, { uuid, mac, ...nic }, index);
      const device = `fake-${uuid}`;
      owners.set(device, instance.uuid);
      return kind === 'tap' ? { kind, uuid, mac, tap: device } : { kind, uuid, mac, veth: device, peer: `${device}-peer` };
    },
    cleanup: async ({ uuid }) => {
      for (const [device, owner] of owners) if (owner === uuid) owners.delete(device);
    },
    list: async () => [...owners].map(([device, instanceUuid]) => ({ device, instanceUuid })),
    bridgeExists: async (name) => links()?.bridges.includes(name) ?? true,
    switchExists: async (name) => links()?.switches.includes(name) ?? true,
    links: async () => links(),
  };
}
