import { setImmediate } from 'node:timers/promises';
import type { PlanContext } from '../../jobs/index.ts';
import type { Node } from '../../model/index.ts';
import type { VerifyProblem } from '../../rpc/index.ts';
import { askNodes } from './ask-nodes.ts';
import { answerChecks, clusterChecks } from './verify-checks.ts';
import type { VerifyView } from './verify-view.ts';

/**
 * Everything that is wrong with some nodes and the instances that belong on them. Other work of the master goes on
 * meanwhile: it comes between any two checks.
 */
export async function verifyCluster(
  context: PlanContext,
  nodes: readonly Node[],
  busy: ReadonlySet<string>,
): Promise<Required<VerifyProblem>[]> {
  const { config, signal } = context;
  const { answers, failures } = await askNodes(context, nodes);
  const diskOwners = new Map([...config.instances.values()].flatMap((instance) => instance.disks.map(({ uuid }) => [uuid, instance])));
  const view: VerifyView = { config, nodes, answers, failures, busy, diskOwners };
  const found: VerifyProblem[] = [];
  const take = async (problems: Iterable<VerifyProblem>) => {
    for (const problem of problems) found.push(problem);
    await setImmediate(undefined, { signal });
  };
  for (const check of clusterChecks) await take(check(view));
  for (const node of nodes) {
    const answer = answers.get(node.uuid);
    if (answer) await take(answerChecks.flatMap((check) => [...check(view, answer)]));
  }
  return found.map((problem) => ({ severity: 'error', ganeti_code: 'ENODESETUP', ...problem }));
}
