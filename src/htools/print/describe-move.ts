import { type ClusterState, type Move, moveKind } from '../../placement/index.ts';
import { formatFixed } from './format-number.ts';

/** One move as its line, with what is needed to put it into a job. */
export interface DescribedMove {
  readonly move: Move;
  /** What `gnt-instance` is to be called with, one after the other. */
  readonly commands: readonly string[];
  /** All nodes that it reads from or writes to. */
  readonly nodes: readonly number[];
  readonly line: string;
}

/**
 * Writes moves, given in their order, as lines of a solution. Widths are those of the longest names in the group.
 * @param state as it is before the first move
 */
export function moveDescriber(state: ClusterState, instances: readonly number[]): (move: Move, place: number) => DescribedMove {
  const { data } = state;
  const nodeName = (n: number) => data.nodes[n]?.alias ?? '';
  const instanceName = (i: number) => data.instances[i]?.alias ?? '';
  const pairWidth = 2 * Math.max(...Array.from(state.scope, (n) => nodeName(n).length)) + 1;
  const nameWidth = Math.max(...instances.map((i) => instanceName(i).length));
  const pair = (primary: number, secondary: number) =>
    (secondary < 0 ? nodeName(primary) : `${nodeName(primary)}:${nodeName(secondary)}`).padEnd(pairWidth);
  const primaries = state.instances.primary.slice();
  const secondaries = state.instances.secondary.slice();
  return (move, place) => {
    const { instance, primary, secondary, score } = move;
    const name = instanceName(instance);
    const before = [primaries[instance] as number, secondaries[instance] as number] as const;
    primaries[instance] = primary;
    secondaries[instance] = secondary;
    const { summary, commands } = actions(move, name, nodeName(primary), nodeName(secondary), state.instances.running[instance] === 1);
    const number = String(place).padStart(3);
    return {
      move,
      commands,
      nodes: [...new Set([primary, secondary, ...before])].filter((n) => n >= 0),
      line: `  ${number}. ${name.padEnd(nameWidth)} ${pair(...before)} => ${pair(primary, secondary)} ${formatFixed(score, 8).padStart(12)} a=${summary}`,
    };
  };
}

function actions(
  { kind }: Move,
  name: string,
  primary: string,
  secondary: string,
  running: boolean,
): { summary: string; commands: string[] } {
  const verb = running ? 'migrate' : 'failover';
  const migrate = `${verb} -f ${name}`;
  const replace = (node: string) => `replace-disks -n ${node} ${name}`;
  const byKind: Readonly<Record<Move['kind'], { summary: string; commands: string[] }>> = {
    [moveKind.failover]: { summary: 'f', commands: [migrate] },
    [moveKind.failoverToAny]: { summary: `fa:${primary}`, commands: [`${verb} -f -n ${primary} ${name}`] },
    [moveKind.failoverAndReplace]: { summary: `f r:${secondary}`, commands: [migrate, replace(secondary)] },
    [moveKind.replaceSecondary]: { summary: `r:${secondary}`, commands: [replace(secondary)] },
    [moveKind.replaceAndFailover]: { summary: `r:${primary} f`, commands: [replace(primary), migrate] },
    [moveKind.replacePrimary]: { summary: `f r:${primary} f`, commands: [migrate, replace(primary), migrate] },
  };
  return byKind[kind];
}
