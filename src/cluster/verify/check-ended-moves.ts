import { finding } from '../../rpc/index.ts';
import type { AnswerCheck } from './verify-check.ts';

/** A move whose undoing failed may leave room kept for nobody. */
export const checkEndedMoves: AnswerCheck = function* ({ config, busy }, { primaries }) {
  for (const { name, moving_to } of primaries) {
    if (moving_to === undefined || busy.has(name.toLowerCase())) continue;
    const node = config.nodes.get(moving_to)?.name ?? moving_to;
    yield finding('VERIFY_INSTANCE_MOVE_ENDED', `instance ${name}`, { instance: name, node });
  }
};
