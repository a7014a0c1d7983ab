import { type EvacuationStep, type Move, moveKind } from '../../placement/index.ts';

const toSecondary: EvacuationStep = { kind: moveKind.failover, target: -1 };
const replace = (target: number): EvacuationStep => ({ kind: moveKind.replaceSecondary, target });

/** What is done for a move, one after the other: each is a failover, a failover to any node, or a new secondary. */
export function moveSteps({ kind, primary, secondary }: Move): readonly EvacuationStep[] {
  switch (kind) {
    case moveKind.failover:
      return [toSecondary];
    case moveKind.failoverToAny:
      return [{ kind, target: primary }];
    case moveKind.replaceSecondary:
      return [replace(secondary)];
    case moveKind.replaceAndFailover:
      return [replace(primary), toSecondary];
    case moveKind.replacePrimary:
      return [toSecondary, replace(primary), toSecondary];
    case moveKind.failoverAndReplace:
      return [toSecondary, replace(secondary)];
  }
}
