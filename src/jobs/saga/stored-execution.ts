import { GantryError, type Json } from '../../base/index.ts';
import type { Execution } from '../record/job-changes.ts';
import type { Operation, Step } from './operation.ts';

/** An execution as this version of the code can go on with it. */
export interface ReadExecution {
  readonly execution: Execution;
  readonly steps: readonly Step[];
  /** The step that a node may still do, or undo, under another id than its present one. */
  readonly begunAs?: { readonly step: string; readonly id: string; readonly undoing: boolean };
}

export const planVersionOf = (operation: Operation): number => operation.planVersion ?? 1;

/**
 * Reads what a master has stored, perhaps with an earlier version of the code: its plan gets the present form, and former names
 * and ids of steps become their ids.
 * @throws JOB_PLAN_CHANGED, JOB_STEPS_CHANGED
 */
export function readExecution(job: number, operation: Operation, stored: Execution): ReadExecution {
  const present = planVersionOf(operation);
  const version = stored.version ?? 1;
  const plan = version === present ? stored.plan : upgraded(job, operation, stored.plan as Json, version);
  const steps = operation.steps(plan);
  const { idOf, strange } = knownSteps(steps);
  const outcomes = stored.outcomes.map((outcome) => ({ ...outcome, step: idOf(outcome.step) }));
  const undoing = stored.undoing && {
    ...stored.undoing,
    step: idOf(stored.undoing.step),
    undone: stored.undoing.undone.map(idOf),
  };
  if (strange.size > 0) throw new GantryError('JOB_STEPS_CHANGED', { job, steps: [...strange].join(', ') });
  const execution = { plan, version: present, outcomes, ...(undoing && { undoing }) };
  return { execution, steps, ...begunAs(stored, execution, steps) };
}

/** A node joins a repeated call to the one that it is still working on only if both have the same id. */
function begunAs(stored: Execution, { outcomes, undoing }: Execution, steps: readonly Step[]): Pick<ReadExecution, 'begunAs'> {
  const isDone = (id: string) => outcomes.some(({ step }) => step === id);
  const next = undoing
    ? steps.findLast(({ id }) => (id === undoing.step || isDone(id)) && !undoing.undone.includes(id))
    : steps.find(({ id }) => !isDone(id));
  if (!next) return {};
  const id =
    stored.version === undefined ? nameBefore(next) : undoing ? undefined : next.formerly?.find((former) => former === stored.next);
  return id !== undefined && id !== next.id ? { begunAs: { step: next.id, id, undoing: undoing !== undefined } } : {};
}

/** What a step was called when steps had no ids. Where it had several names, its title is still the right one. */
function nameBefore({ id, title, formerly = [] }: Step): string {
  return title === id || formerly.includes(title) ? title : (formerly[0] ?? id);
}

function upgraded(job: number, operation: Operation, plan: Json, version: number): unknown {
  const present = planVersionOf(operation);
  if (version < present && operation.upgradePlan) return operation.upgradePlan(plan, version);
  throw new GantryError('JOB_PLAN_CHANGED', { job, opcode: operation.opcode.id, version, present });
}

function knownSteps(steps: readonly Step[]): { readonly idOf: (stored: string) => string; readonly strange: ReadonlySet<string> } {
  const ids = new Map<string, string>();
  for (const { id, formerly = [] } of steps) for (const former of formerly) ids.set(former, id);
  for (const { id } of steps) ids.set(id, id);
  const strange = new Set<string>();
  const idOf = (stored: string): string => {
    const id = ids.get(stored);
    if (id === undefined) strange.add(stored);
    return id ?? stored;
  };
  return { idOf, strange };
}
