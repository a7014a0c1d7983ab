import {
  type ClusterState,
  type Move,
  type MoveStep,
  type MoveTraffic,
  moveKind,
  moveSteps,
  openTraffic,
  sizeOfMove,
  type Traffic,
} from '../../placement/index.ts';
import { type CommandWords, commandWords } from './command-words.ts';
import { formatFixed } from './format-number.ts';

/** One move as its line, with what is needed to put it into a job. */
export interface DescribedMove {
  readonly move: Move;
  /** What carries it out, one after the other. */
  readonly commands: readonly string[];
  /** All nodes that it reads from or writes to. */
  readonly nodes: readonly number[];
  /** What else keeps others from running beside it. */
  readonly traffic: MoveTraffic;
  readonly line: string;
}

/**
 * Writes moves, given in their order, as lines of a solution. Widths are those of the longest names in the group.
 * @param state as it is before the first move
 * @param named which name of an instance the commands have: hbal leaves away the common end of all, hsqueeze does not
 */
export function moveDescriber(
  state: ClusterState,
  instances: readonly number[],
  named: 'alias' | 'name' = 'alias',
  traffic: Traffic = openTraffic,
): (move: Move, place: number) => DescribedMove {
  const { data } = state;
  const words = commandWords(data);
  const nodeName = (n: number) => data.nodes[n]?.alias ?? '';
  const instanceName = (i: number) => data.instances[i]?.alias ?? '';
  const pairWidth = 2 * Math.max(...Array.from(state.scope, (n) => nodeName(n).length)) + 1;
  const nameWidth = Math.max(...instances.map((i) => instanceName(i).length));
  const pair = (primary: number, secondary: number) =>
    (secondary < 0 ? nodeName(primary) : `${nodeName(primary)}:${nodeName(secondary)}`).padEnd(pairWidth);
  const primaries = state.instances.primary.slice();
  const secondaries = state.instances.secondary.slice();
  return (move, place) => {
    const { instance, kind, target, primary, secondary, score } = move;
    const name = instanceName(instance);
    const from = { primary: primaries[instance] as number, secondary: secondaries[instance] as number };
    primaries[instance] = primary;
    secondaries[instance] = secondary;
    const steps = moveSteps(kind, target).map((step) =>
      describeStep(step, words, data.instances[instance]?.[named] ?? '', nodeName, state.instances.running[instance] === 1),
    );
    const number = String(place).padStart(3);
    const summary = steps.map((step) => step.summary).join(' ');
    return {
      move,
      commands: steps.map(({ command }) => command),
      nodes: [...new Set([primary, secondary, from.primary, from.secondary])].filter((n) => n >= 0),
      traffic: traffic.of({ instance, kind, target, from, ...sizeOfMove(state, instance, target) }),
      line: `  ${number}. ${name.padEnd(nameWidth)} ${pair(from.primary, from.secondary)} => ${pair(primary, secondary)} ${formatFixed(score, 8).padStart(12)} a=${summary}`,
    };
  };
}

/** A step in the summary of its move, and the command for it. */
function describeStep(
  { kind, target }: MoveStep,
  words: CommandWords,
  instance: string,
  node: (n: number) => string,
  running: boolean,
): { summary: string; command: string } {
  if (kind === moveKind.replaceSecondary) {
    return { summary: `r:${node(target)}`, command: words.replaceSecondary(instance, node(target)) };
  }
  const verb = running ? words.migrate : words.failover;
  if (target < 0) return { summary: 'f', command: verb(instance, undefined) };
  return { summary: `fa:${node(target)}`, command: verb(instance, node(target)) };
}
