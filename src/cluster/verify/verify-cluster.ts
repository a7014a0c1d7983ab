import { setImmediate } from 'node:timers/promises';
import type { PlanContext } from '../../jobs/index.ts';
import type { Node } from '../../model/index.ts';
import { finding, type VerifyProblem } from '../../rpc/index.ts';
import type { ClusterParts } from '../cluster-parts.ts';
import { busyInstances } from '../lib/instances/busy-instances.ts';
import { askNodes } from './ask-nodes.ts';
import { answerChecks, clusterChecks } from './verify-checks.ts';
import type { VerifyView } from './verify-view.ts';

/** Bytes of findings that a job may have as its result, which is stored in one value. */
const roomForFindings = 256 * 1024;

type Parts = Pick<ClusterParts, 'live' | 'garbage' | 'jobs' | 'certificates'>;

/**
 * Everything that is wrong with some nodes and the instances that belong on them. Other work of the master goes on
 * meanwhile: it comes between any two checks.
 */
export async function verifyCluster(context: PlanContext, parts: Parts, nodes: readonly Node[]): Promise<Required<VerifyProblem>[]> {
  const { config, signal, clock } = context;
  const busy = busyInstances(parts.jobs());
  const [{ answers, failures }, garbage, certificates] = await Promise.all([
    askNodes(context, nodes),
    parts.garbage.list(),
    parts.certificates(),
  ]);
  const diskOwners = new Map([...config.instances.values()].flatMap((instance) => instance.disks.map(({ uuid }) => [uuid, instance])));
  const common = { config, nodes, answers, failures, busy, diskOwners, garbage, certificates };
  const view: VerifyView = { ...common, live: parts.live, now: clock.now() };
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
  return fitting(found.map((problem) => ({ severity: 'error', ganeti_code: 'ENODESETUP', ...problem })));
}

/** Those for which there is room, errors before warnings, and how many are left out. */
function fitting(found: readonly Required<VerifyProblem>[]): Required<VerifyProblem>[] {
  const isError = ({ severity }: VerifyProblem) => severity === 'error';
  let room = roomForFindings;
  const fits = (problem: VerifyProblem) => {
    room -= Buffer.byteLength(JSON.stringify(problem));
    return room >= 0;
  };
  const kept = new Set([...found.filter(isError), ...found.filter((problem) => !isError(problem))].filter(fits));
  const left = found.length - kept.size;
  const told = found.filter((problem) => kept.has(problem));
  if (left === 0) return told;
  const more = finding('VERIFY_MANY', 'cluster', { count: left }) as Required<VerifyProblem>;
  return [...told, { ...more, severity: told.some(isError) ? 'error' : 'warning' }];
}
