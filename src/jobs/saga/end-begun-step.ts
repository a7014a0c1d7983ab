import { GantryError, type Json } from '../../base/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import type { JobRecord } from '../record/job-record.ts';
import type { SagaHost } from './saga-host.ts';
import { untilStopped } from './until-stopped.ts';

/**
 * A cancelled job was in the middle of a step when the former master stopped. The nodes that still work for that step are told to end
 * it, so that it does not continue, perhaps for hours, while it is undone. A node that cannot be told ends it in its own time.
 * @param stepId as nodes know it
 * @param known what steps know: the plan of the opcode, and outcomes of the steps before. No node works for them that it does not name
 */
export async function endBegunStep(
  host: Pick<SagaHost, 'nodes' | 'config' | 'log' | 'signal'>,
  { id: job, job: { trace } }: Pick<JobRecord, 'id' | 'job'>,
  stepId: string,
  known: Json,
): Promise<void> {
  const tell = async (node: string) => {
    try {
      await host.nodes.cancelStep(node, stepId);
    } catch (error) {
      const { code, message: problem } = GantryError.from(error);
      host.log.info({ trace, job, step: stepId, node, code, problem }, 'a step of the former master could not be ended');
    }
  };
  await untilStopped(Promise.all(nodesNamed(host.config.current, known).map(tell)), host.signal);
}

/** The online nodes that something names by UUID, and the primary nodes of the instances that it names so. */
function nodesNamed({ nodes, instances }: ConfigSnapshot, known: Json): string[] {
  const found = new Set<string>();
  const look = (value: Json) => {
    if (typeof value === 'object' && value !== null) return Object.values(value).forEach(look);
    if (typeof value !== 'string') return;
    const uuid = instances.get(value)?.primary_node ?? value;
    if (nodes.get(uuid)?.offline === false) found.add(uuid);
  };
  look(known);
  return [...found];
}
