import { GantryError } from '../../base/index.ts';
import type { PlanContext } from '../../jobs/index.ts';
import { diskTemplateRow, diskTemplates, mirroringOf, type Node } from '../../model/index.ts';
import type { RpcParams, RpcResult } from '../../rpc/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import { diskSpecs } from '../lib/instances/instance-spec.ts';
import { neededLinks } from '../lib/nodes/node-links.ts';
import type { NodeAnswers } from './verify-view.ts';

/** Nodes that are asked at the same time. */
const atOnce = 32;

export interface Asked {
  readonly answers: Map<string, NodeAnswers>;
  readonly failures: Map<string, GantryError>;
}

/**
 * Puts the questions of a verification to nodes, some at a time; those that are offline are not asked. What lies on shared
 * storage is told by one node of each group: otherwise a thousand nodes would send the same long list.
 */
export async function askNodes(context: PlanContext, nodes: readonly Node[]): Promise<Asked> {
  const asked: Asked = { answers: new Map(), failures: new Map() };
  const groups = new Set<string>();
  const waiting = nodes.filter(({ offline }) => !offline).values();
  const askOn = async () => {
    for (const node of waiting) {
      context.signal.throwIfAborted();
      const listsShared = !groups.has(node.group);
      if (listsShared) groups.add(node.group);
      const answer = await askNode(context, node, listsShared);
      if (answer instanceof GantryError) asked.failures.set(node.uuid, answer);
      else asked.answers.set(node.uuid, answer);
      // Another one of the group must do it.
      if (listsShared && (answer instanceof GantryError || !answer.disks)) groups.delete(node.group);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, askOn));
  return asked;
}

async function askNode(context: PlanContext, node: Node, listsShared: boolean): Promise<NodeAnswers | GantryError> {
  const { nodes, config, signal, clock } = context;
  const primaries = config.instancesOf(node.uuid).primary;
  const askedAt = clock.now();
  const [verified, running, disks] = await Promise.allSettled([
    nodes.call(node.uuid, 'node-verify', questionsTo(config, node), { signal }),
    nodes.call(node.uuid, 'instance-list', {}, { signal }),
    nodes.call(node.uuid, 'disk-list', listsShared ? {} : { shared: sharedDisks(config, node) }, { signal }),
  ]);
  const failures = [verified, running, disks].flatMap((one) => (one.status === 'rejected' ? [GantryError.from(one.reason)] : []));
  if (failures[0] && failures.length === 3) return failures[0];
  const common = { node, primaries, failures, askedAt, answeredAt: clock.now(), listsShared: listsShared && disks.status === 'fulfilled' };
  return { ...common, verified: valueOf(verified), running: valueOf(running), disks: valueOf<RpcResult<'disk-list'>>(disks) };
}

const valueOf = <T>(settled: PromiseSettledResult<T>): T | undefined => (settled.status === 'fulfilled' ? settled.value : undefined);

function questionsTo(config: ConfigSnapshot, node: Node): RpcParams<'node-verify'> {
  const { cluster } = config;
  const enabled = diskTemplates.filter((template) => cluster.enabled_disk_templates.includes(template));
  const storage_dirs = enabled.flatMap((template) => diskTemplateRow(template).folder?.(cluster) ?? []);
  return { ...neededLinks(config, node), hypervisors: cluster.enabled_hypervisors, storage_dirs };
}

const sharedDisks = (config: ConfigSnapshot, node: Node) =>
  config
    .instancesOf(node.uuid)
    .primary.filter(({ disk_template }) => mirroringOf(disk_template) === 'external')
    .flatMap((instance) => {
      const { uuid, name } = instance;
      return diskSpecs(config, instance).map((disk) => ({ disk, instance: { uuid, name } }));
    });
