import type { InstanceSource } from '../collector/instance-source.ts';

const known = new WeakMap<InstanceSource, Map<string, string>>();

/**
 * What QEMU last said of each guest, `silent` where it did not answer. It serves one connection on its socket, so the
 * collector that holds it leaves word for the others of its thread.
 */
export function guestStates(source: InstanceSource): Map<string, string> {
  const states = known.get(source) ?? new Map<string, string>();
  known.set(source, states);
  return states;
}
