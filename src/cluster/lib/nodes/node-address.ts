import { isUnicastIpv4, parseIpv4 } from '../../../base/index.ts';
import type { ConfigSnapshot } from '../../../store/index.ts';

export const isLoopback = (ip: string): boolean => ip.startsWith('127.') && parseIpv4(ip) !== undefined;

/** Why no node can have this address, whoever has it now; or null. Loopback is for clusters whose master is there. */
export function nodeAddressProblem(config: ConfigSnapshot, ip: string): string | null {
  const value = parseIpv4(ip);
  if (value === undefined) return `"${ip}" is not an IPv4 address`;
  const { primary_ip: master = '' } = config.nodes.get(config.cluster.master_node) ?? {};
  if (isLoopback(ip)) return isLoopback(master) ? null : `"${ip}" is an address of loopback, where the master would reach itself`;
  return isUnicastIpv4(value) ? null : `"${ip}" is not an address that a host can have`;
}
