import { balance, type ClusterState, clusterScore, type Move, optimalScore, type RuleBook, ruleCost } from '../../placement/index.ts';
import type { Settings } from '../command/settings.ts';

/** The score at which balancing stops: as near to the best one possible as the options ask. */
export const enough = (state: ClusterState, { minScore }: Settings): number => optimalScore(state) + minScore;

/** The score, and what rules of location that are broken add to it. */
export const scoreWithRules = (state: ClusterState, rules: RuleBook | undefined): number => clusterScore(state) + ruleCost(rules);

/** Balances one group within the limits that the options set, and gives out each move as it is found. */
export function* balanceGroup(state: ClusterState, settings: Settings, rules?: RuleBook): Generator<Move, void> {
  const { maxLength, diskMoves, instanceMoves, restrictedMigration, ignoreSoftErrors, evacuate, minGain, minGainLimit } = settings;
  const goal = enough(state, settings);
  const moves = balance(state, { diskMoves, instanceMoves, restrictedMigration, ignoreSoftErrors, evacuate, minGain, minGainLimit, rules });
  let score = scoreWithRules(state, rules);
  const most = maxLength < 0 ? Number.POSITIVE_INFINITY : maxLength;
  for (let count = 0; count < most && score > goal; count++) {
    const { value: move, done } = moves.next();
    if (done || !move) return;
    score = move.score;
    yield move;
  }
}
