import type { NetworkPort } from './network-port.ts';

/** Devices that exist in memory alone, for simulated clusters; every bridge exists. */
export function createFakeNetwork(): NetworkPort {
  const owners = new Map<string, string>();
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
  };
}
