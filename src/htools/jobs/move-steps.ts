import { type EvacuationStep, type Move, type MoveKind, moveKind } from '../../placement/index.ts';

const toSecondary: EvacuationStep = { kind: moveKind.failover, target: -1 };
const replace = (target: number): EvacuationStep => ({ kind: moveKind.replaceSecondary, target });

/** What is done for a move, one after the other: each is a failover, a failover to any node, or a new secondary. */
export function moveSteps({ kind, primary, secondary }: Move): readonly EvacuationStep[] {
  const steps: Readonly<Record<MoveKind, readonly EvacuationStep[]>> = {
    [moveKind.failover]: [toSecondary],
    [moveKind.failoverToAny]: [{ kind: moveKind.failoverToAny, target: primary }],
    [moveKind.replaceSecondary]: [replace(secondary)],
    [moveKind.replaceAndFailover]: [replace(primary), toSecondary],
    [moveKind.replacePrimary]: [toSecondary, replace(primary), toSecondary],
    [moveKind.failoverAndReplace]: [toSecondary, replace(secondary)],
  };
  return steps[kind];
}
