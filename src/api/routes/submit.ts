import type { Principal } from '../../access/index.ts';
import type { OpInput } from '../../jobs/index.ts';
import { readOpcode } from '../../model/index.ts';
import type { ApiContext } from '../api-options.ts';
import { type ReasonEntry, reasonTrail } from './reason-trail.ts';
import type { ApiRequest } from './route.ts';
import { onceOf, submissionKey } from './submission-key.ts';

/** The trace for a line of the log. */
const traced = (trace: string | undefined) => (trace === undefined ? {} : { trace });

/** How the job came here. */
export interface Origin {
  /** Where the opcodes do not say it themselves. */
  readonly trail?: readonly ReasonEntry[];
  /** Drawn by the client for this submission. */
  readonly key?: string | undefined;
  /** Of the request. */
  readonly trace?: string | undefined;
}

/**
 * Checks opcodes against the catalogue and the rights of the user (the queue decides again), submits them as one job and writes
 * the audit lines.
 * @returns the number of the job
 * @throws INPUT_INVALID, API_FORBIDDEN, ACCESS_REFUSED, and what `JobQueue.submit` throws
 */
export async function submitJob(
  context: ApiContext,
  user: Principal,
  ops: readonly Record<string, unknown>[],
  origin: Origin = {},
): Promise<number> {
  const checked = ops.map((op) => {
    const { definition, params } = readOpcode(op);
    return { definition, params, objects: definition.touches(params).map(({ kind, name }) => ({ kind, name })) };
  });
  await context.services.access.requireOpcodes(user, checked, origin.trace);
  const job = await context.services.jobs.submit(
    checked.map(({ params }) => withReason(params, context, origin)),
    user,
    origin.key === undefined
      ? undefined
      : onceOf(
          origin.key,
          ops,
          (origin.trail ?? []).map(([source, text]) => `${source} ${text}`),
        ),
    origin.trace,
  );
  for (const { definition, objects } of checked) {
    context.services.log.info(
      { audit: true, ...traced(origin.trace), user: user.name, opcode: definition.id, objects, job },
      'opcode submitted',
    );
  }
  return job;
}

/** Begins the reason trail where the client gave none, so that every job tells which way it came. */
function withReason(params: OpInput, context: ApiContext, { trail }: Origin): OpInput {
  const given = (params['reason'] ?? []) as readonly ReasonEntry[];
  if (trail) return { ...params, reason: [...given, ...trail] };
  if (given.length > 0) return params;
  return { ...params, reason: [['gnt:library:rapi', '', Math.round(context.services.clock.now()) * 1_000_000]] };
}

/** Submits the opcode that a resource of Ganeti stands for. @returns the number of the job */
export function submitFrom(path: string, request: ApiRequest, context: ApiContext, op: Record<string, unknown>) {
  const trail = reasonTrail(path, request.query, context.services.clock.now());
  return submitJob(context, request.user, [op], { trail, key: submissionKey(request), trace: request.operation.trace });
}
