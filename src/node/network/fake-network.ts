import type { NetworkPort } from './network-port.ts';

/**
 * Devices that exist in memory alone, for simulated clusters; every bridge exists.
 * @param owners device to the UUID of its instance; a network over the map of another one is that one after a restart
 */
export function createFakeNetwork(owners = new Map<string, string>()): NetworkPort {
  return {
    prepare: async (instance, nic) => {
      const tap = `fake-${nic.uuid}`;
      owners.set(tap, instance.uuid);
      return { uuid: nic.uuid, mac: nic.mac, tap };
    },
    cleanup: async ({ uuid }) => {
      for (const [device, owner] of owners) if (owner === uuid) owners.delete(device);
    },
    list: async () => [...owners].map(([device, instanceUuid]) => ({ device, instanceUuid })),
    bridgeExists: async () => true,
    switchExists: async () => true,
    links: async () => undefined,
  };
}
