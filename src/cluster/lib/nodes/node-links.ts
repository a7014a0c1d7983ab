import type { Nic, Nicparams, Node } from '../../../model/index.ts';
import type { ConfigSnapshot } from '../../../store/index.ts';
import type { LiveState } from '../../live-state.ts';
import { connectionOf, nicparamsIn } from '../networking/nic-parameters.ts';

type NicPlace = Pick<Nic, 'network' | 'nicparams'>;

/** Why NICs cannot be connected on a node, by the bridges and switches that it reported; or null, also while it has not told. */
export function missingLink(config: ConfigSnapshot, live: Pick<LiveState, 'node'>, node: Node, nics: readonly NicPlace[]): string | null {
  const info = live.node(node.uuid)?.info;
  for (const nic of nics) {
    const { mode, link } = nicparamsIn(config, nic, node.group);
    if (mode === 'bridged' && info?.bridges && !info.bridges.includes(link)) return `it has no bridge ${link}`;
    if (mode === 'openvswitch' && info?.switches && !info.switches.includes(link)) return `it has no Open vSwitch ${link}`;
  }
  return null;
}

/**
 * Bridges and switches that a node must have: for the NICs of its instances, and for every network of its group, as any
 * instance of that may come.
 */
export function neededLinks(config: ConfigSnapshot, node: Node): { readonly bridges: string[]; readonly switches: string[] } {
  const { primary, arriving } = config.instancesOf(node.uuid);
  const own = [...primary, ...arriving].flatMap(({ nics }) => nics.map((nic) => nicparamsIn(config, nic, node.group)));
  const networks = node.vm_capable ? [...config.networks.values()].flatMap((network) => connectionOf(network, node.group) ?? []) : [];
  const linksOf = (mode: Nicparams['mode']) => [
    ...new Set([...own, ...networks].filter((one) => one.mode === mode).map(({ link }) => link)),
  ];
  return { bridges: linksOf('bridged'), switches: linksOf('openvswitch') };
}
