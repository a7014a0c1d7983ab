import { finding } from '../../rpc/index.ts';
import { livingRuntimes } from './living-runtimes.ts';
import type { AnswerCheck } from './verify-check.ts';

/** Instances that run where they do not belong. */
export const checkInstancePlaces: AnswerCheck = function* ({ config, busy }, { node, running }) {
  for (const { uuid, name } of livingRuntimes(running ?? [])) {
    const owner = config.instances.get(uuid);
    if (!owner) {
      yield finding('VERIFY_INSTANCE_UNKNOWN', `instance ${name}`, { node: node.name });
      continue;
    }
    const arriving = owner.moving_to === node.uuid && busy.has(owner.name.toLowerCase());
    if (owner.primary_node === node.uuid || arriving) continue;
    const primary = config.nodes.get(owner.primary_node)?.name ?? owner.primary_node;
    yield finding('VERIFY_INSTANCE_WRONG_NODE', `instance ${owner.name}`, { instance: owner.name, node: node.name, primary });
  }
};
