import { finding } from '../../rpc/index.ts';
import type { AnswerCheck } from './verify-check.ts';

/** Instances that have a process and should run, but whose guest is paused because of a disk error. */
export const checkStalledInstances: AnswerCheck = function* (_view, { node, primaries, running }) {
  const names = new Map(primaries.map(({ uuid, name }) => [uuid, name]));
  for (const { uuid, problem } of running ?? []) {
    const name = names.get(uuid);
    if (name !== undefined && problem !== undefined) {
      yield finding('VERIFY_INSTANCE_STALLED', `instance ${name}`, { instance: name, node: node.name, problem });
    }
  }
};
