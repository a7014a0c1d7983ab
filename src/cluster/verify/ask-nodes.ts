import { GantryError } from '../../base/index.ts';
import type { PlanContext } from '../../jobs/index.ts';
import { fillNicparams, type Node } from '../../model/index.ts';
import type { NodeAnswers } from './verify-view.ts';

/** Nodes that are asked at the same time. */
const atOnce = 50;

export interface Asked {
  readonly answers: Map<string, NodeAnswers>;
  readonly failures: Map<string, GantryError>;
}

/** Puts the questions of a verification to nodes, some at a time; those that are offline are not asked. */
export async function askNodes(context: PlanContext, nodes: readonly Node[]): Promise<Asked> {
  const asked: Asked = { answers: new Map(), failures: new Map() };
  const waiting = nodes.filter(({ offline }) => !offline).values();
  const askOn = async () => {
    for (const node of waiting) {
      context.signal.throwIfAborted();
      try {
        asked.answers.set(node.uuid, await askNode(context, node));
      } catch (error) {
        asked.failures.set(node.uuid, GantryError.from(error));
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, askOn));
  return asked;
}

async function askNode({ config, nodes, signal }: PlanContext, node: Node): Promise<NodeAnswers> {
  const { cluster } = config;
  const primaries = config.instancesOf(node.uuid).primary;
  const bridges = primaries
    .flatMap(({ nics }) => nics.map((nic) => fillNicparams(cluster, nic)))
    .filter(({ mode }) => mode === 'bridged')
    .map(({ link }) => link);
  const templates = cluster.enabled_disk_templates;
  const storage_dirs = [
    ...(templates.includes('file') ? [cluster.file_storage_dir] : []),
    ...(templates.includes('sharedfile') ? [cluster.shared_file_storage_dir] : []),
  ];
  const questions = { bridges: [...new Set(bridges)], hypervisors: cluster.enabled_hypervisors, storage_dirs };
  const [verified, running, disks] = await Promise.all([
    nodes.call(node.uuid, 'node-verify', questions, { signal }),
    nodes.call(node.uuid, 'instance-list', {}, { signal }),
    nodes.call(node.uuid, 'disk-list', {}, { signal }),
  ]);
  return { node, primaries, verified, running, disks };
}
