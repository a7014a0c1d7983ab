import { finding } from '../../rpc/index.ts';
import type { AnswerCheck } from './verify-check.ts';

/** As in Ganeti, seconds. */
const limit = 150;

/** Clocks that differ from the master's by more than the time that the answer took. */
export const checkClocks: AnswerCheck = function* (_view, { node, verified, askedAt, answeredAt }) {
  const time = verified?.time;
  if (time === undefined) return;
  const behind = askedAt / 1000 - time;
  const ahead = time - answeredAt / 1000;
  const seconds = Math.round(Math.max(behind, ahead));
  if (seconds > limit) yield finding('VERIFY_NODE_CLOCK', `node ${node.name}`, { seconds, limit });
};
