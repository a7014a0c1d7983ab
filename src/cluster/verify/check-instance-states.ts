import { finding } from '../../rpc/index.ts';
import { livingRuntimes } from './living-runtimes.ts';
import type { AnswerCheck } from './verify-check.ts';

/** Instances that should run and do not, or the other way round. */
export const checkInstanceStates: AnswerCheck = function* (_view, { node, primaries, running }) {
  if (!running) return;
  const alive = new Set(livingRuntimes(running).map(({ uuid }) => uuid));
  for (const { uuid, name, admin_state } of primaries) {
    const facts = { instance: name, node: node.name };
    if (admin_state === 'up' && !alive.has(uuid)) yield finding('VERIFY_INSTANCE_DOWN', `instance ${name}`, facts);
    if (admin_state !== 'up' && alive.has(uuid)) yield finding('VERIFY_INSTANCE_UP', `instance ${name}`, facts);
  }
};
