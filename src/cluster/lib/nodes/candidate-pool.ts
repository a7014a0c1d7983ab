import type { Node } from '../../../model/index.ts';
import type { ConfigDraft, ConfigSnapshot } from '../../../store/index.ts';

type Role = Pick<Node, 'master_candidate' | 'master_capable' | 'offline' | 'drained'>;

/** Whether a node may be a master candidate. */
export const mayBeCandidate = ({ master_capable, offline, drained }: Role): boolean => master_capable && !offline && !drained;

/** How many candidates are missing in the pool among these nodes; nodes that may not be candidates do not count. */
export function missingCandidates(nodes: readonly Role[], poolSize: number): number {
  const possible = nodes.filter(mayBeCandidate).length;
  const present = nodes.filter((node) => node.master_candidate).length;
  return Math.max(0, Math.min(poolSize, possible) - present);
}

/** The nodes as they are after a change. */
export const nodesAfter = (config: Pick<ConfigSnapshot, 'nodes'>, changed: Node): Node[] =>
  [...config.nodes.values()].map((node) => (node.uuid === changed.uuid ? changed : node));

/** Nodes that become candidates so that the pool is full, in the order of their names. */
export function nodesToPromote(nodes: readonly Node[], poolSize: number): readonly Node[] {
  const waiting = nodes.filter((node) => mayBeCandidate(node) && !node.master_candidate);
  const sorted = waiting.sort((left, right) => (left.name < right.name ? -1 : 1));
  return sorted.slice(0, missingCandidates(nodes, poolSize));
}

/** Makes candidates of other nodes until the pool is full, as Ganeti does after each change of it. */
export function fillCandidatePool(draft: ConfigDraft, nodes: readonly Node[], poolSize: number): void {
  for (const { uuid } of nodesToPromote(nodes, poolSize)) draft.update('node', uuid, (old) => ({ ...old, master_candidate: true }));
}
