import { finding } from '../../rpc/index.ts';
import type { AnswerCheck } from './verify-check.ts';

/** A move that could not be undone may leave resources reserved for an instance that does not come. */
export const checkEndedMoves: AnswerCheck = function* ({ config, busy }, { primaries }) {
  for (const { name, moving_to } of primaries) {
    if (moving_to === undefined || busy.has(name.toLowerCase())) continue;
    const node = config.nodes.get(moving_to)?.name ?? moving_to;
    yield finding('VERIFY_INSTANCE_MOVE_ENDED', `instance ${name}`, { instance: name, node });
  }
};
