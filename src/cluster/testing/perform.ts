import assert from 'node:assert/strict';
import type { Principal, Sight } from '../../access/index.ts';
import { type Clock, GantryError, type Json, silentOperation } from '../../base/index.ts';
import type { CommitStep, Operation, PlanContext, Step, StepContext } from '../../jobs/index.ts';
import type { CallOptions, InstanceRuntime } from '../../rpc/index.ts';
import { type ConfigSnapshot, createSecretBox } from '../../store/index.ts';
import type { ClusterParts } from '../cluster-parts.ts';
import type { Garbage } from '../garbage.ts';
import type { LiveState } from '../live-state.ts';
import { Placer } from '../placement/placer.ts';
import { type PlainObjects, plainConfig, plainLive, plainUuid } from './plain-config.ts';
import { PlainDraft } from './plain-draft.ts';

/** A cluster for one operation, and how its nodes answer. */
export interface Scene extends Partial<PlainObjects> {
  /** By node and method, `node0 disk-create`: what is answered, or thrown. Everything else succeeds. */
  readonly answers?: Readonly<Record<string, unknown>>;
  readonly live?: LiveState;
  readonly principal?: Principal;
  /** What that one may see; default: everything. */
  readonly sight?: Sight;
  readonly dryRun?: boolean;
  /** Jobs of the queue, as `list` gives them. */
  readonly jobs?: readonly unknown[];
  /** Nodes that could not be told of a revocation. */
  readonly untold?: readonly string[];
  readonly secrets?: ClusterParts['secrets'];
}

export interface Performance {
  readonly plan: unknown;
  readonly steps: readonly string[];
  /** `node0 disk-create`, and undone steps after a line `undo <step>`. */
  readonly calls: readonly string[];
  /** Parameters of the calls, in the same order; for lines of undoing null. */
  readonly params: readonly unknown[];
  readonly log: readonly string[];
  /** Of the calls whose progress the job shows: two for each, the first without a fraction. */
  readonly progress: readonly (readonly [number, string | undefined])[];
  readonly garbage: readonly Garbage[];
  readonly config: ConfigSnapshot;
  readonly claims: Readonly<Record<string, string>>;
  /** Keys of the objects on which the changes depend. */
  readonly read: readonly string[];
  readonly submitted: readonly { readonly ops: unknown; readonly user: string }[];
  readonly departed: readonly string[];
  /** Names of nodes whose join tokens were forgotten. */
  readonly tokensForgotten: readonly string[];
  readonly result: unknown;
  /** Of the step that failed. */
  readonly error: GantryError | undefined;
}

/** The time of `plainLive`, milliseconds. */
export const sceneTime = 2e12;
const clock: Clock = { now: () => sceneTime, sleep: async () => undefined };

/** How an instance runs, as a node tells it. */
export const runtimeOfPlain = (number: number, state: InstanceRuntime['state'] = 'running', more: Partial<InstanceRuntime> = {}) => ({
  ...{ uuid: plainUuid(3, number), name: `instance${number}`, hypervisor: 'kvm', state, memory: 1, vcpus: 1, cpu_seconds: 0, pid: 1 },
  ...more,
});

/** What is noted while an operation runs. */
class Notes {
  readonly calls: string[] = [];
  readonly params: unknown[] = [];
  readonly log: string[] = [];
  readonly garbage: Garbage[] = [];
  readonly read = new Set<string>();
  readonly submitted: Performance['submitted'][number][] = [];
  readonly departed: string[] = [];
  readonly tokensForgotten: string[] = [];
  readonly outcomes: Record<string, Json> = {};
  readonly progress: (readonly [number, string | undefined])[] = [];
  config: ConfigSnapshot;
  claims: Readonly<Record<string, string>>;

  constructor(objects: PlainObjects) {
    this.config = plainConfig(objects);
    this.claims = objects.claims ?? {};
  }

  change(body: (draft: PlainDraft) => Json | void): Json {
    const draft = new PlainDraft(this.config, this.claims, this.read);
    const outcome = throughJson(body(draft));
    Object.assign(this, draft.end());
    return outcome;
  }

  caller(answers: Scene['answers'] = {}): PlanContext['nodes'] {
    const call = async (uuid: string, method: string, given: unknown, { onProgress }: CallOptions = {}) => {
      // What nobody waits for comes after what is done next.
      await turn();
      onProgress?.({ text: 'begun' });
      onProgress?.({ text: 'half', fraction: 0.5 });
      const line = `${this.config.nodes.get(uuid)?.name ?? uuid} ${method}`;
      this.calls.push(line);
      this.params.push(given);
      const answer = answers[line];
      const settled = typeof answer === 'function' ? (answer as (given: unknown) => unknown)(given) : answer;
      if (settled instanceof Error) throw settled;
      return settled ?? usual[method] ?? {};
    };
    return { call: call as PlanContext['nodes']['call'] };
  }

  parts({ live = plainLive(), untold = [], secrets = createSecretBox(), jobs = [] }: Scene): ClusterParts {
    const spread = async (uuid: string) => {
      this.departed.push(uuid);
      return [...untold];
    };
    return {
      live,
      garbage: {
        add: (one) => turn().then(() => void this.garbage.push(one)),
        list: async () => this.garbage,
        collect: async () => undefined,
      },
      placer: new Placer(live),
      revocations: { spread },
      joinTokens: { forgetOf: async ({ name }) => void this.tokensForgotten.push(name) },
      secrets,
      jobs: () => ({ list: () => jobs }) as never,
      certificates: async () => [],
    };
  }
}

/** A user who may do everything. */
export const tester: Principal = { name: 'tester', scheme: 'users-file', groups: [], options: ['write'] };

/**
 * Plans an operation and runs its steps as a job does, without a store: on failure it is undone back to the last pivot.
 * @throws what the plan throws
 */
export async function perform(
  make: (parts: ClusterParts) => Operation,
  params: Readonly<Record<string, unknown>>,
  scene: Scene = {},
): Promise<Performance> {
  const record = new Notes({ nodes: [], instances: [], ...scene });
  let uuids = 0;
  const nodes = record.caller(scene.answers);
  const common = {
    nodes,
    clock,
    signal: new AbortController().signal,
    jobId: 7,
    principal: scene.principal ?? tester,
    operation: silentOperation,
    log: (text: string) => void record.log.push(text),
  };
  const operation = make(record.parts(scene));
  const own = {
    random: () => 0.5,
    newUuid: () => plainUuid(7, ++uuids),
    user: common.principal.name,
    dryRun: scene.dryRun ?? false,
    sight: scene.sight,
  };
  const plan = throughJson(await operation.plan({ ...common, ...own, config: record.config }, params as never));
  const steps = operation.steps(plan);
  requireIds(steps);
  const { outcomes } = record;
  const context = (): StepContext => ({
    ...common,
    plan,
    outcomes,
    config: record.config,
    submitJobs: async (ops) => {
      if (ops.length > 0) record.submitted.push({ ops, user: own.user });
      return ops.map((_op, index) => 100 + index);
    },
    cancelled: common.signal,
    hurried: common.signal,
    progress: (part, text) => void record.progress.push([part, text]),
  });
  const error = scene.dryRun ? undefined : await runSteps(record, steps, context);
  const result = error || scene.dryRun ? undefined : operation.result(plan, outcomes);
  const { calls, log, garbage, progress, submitted, departed, tokensForgotten, config, claims } = record;
  const told = { calls, params: record.params, log, garbage, progress, submitted, departed, tokensForgotten };
  const noted = { ...told, config, claims, read: [...record.read] };
  return { ...noted, plan, steps: steps.map(({ title }) => title), result, error };
}

/** They are stored: short, in one form, and each once. */
function requireIds(steps: readonly Step[]): void {
  for (const { id } of steps) assert.match(id, /^[a-z0-9]+(-[a-z0-9]+)*$/);
  assert.equal(new Set(steps.map(({ id }) => id)).size, steps.length, 'two steps have one id');
}

/** @returns the error of the step that failed, after it and those before it were undone */
async function runSteps(record: Notes, steps: readonly Step[], context: () => StepContext): Promise<GantryError | undefined> {
  for (const [at, step] of steps.entries()) {
    try {
      const outcome = isCommit(step) ? record.change((draft) => step.commit(draft, context())) : await step.do(context());
      record.outcomes[step.id] = throughJson(outcome);
    } catch (error) {
      await undoSteps(record, steps.slice(0, at + 1), context);
      return GantryError.from(error);
    }
  }
  return undefined;
}

async function undoSteps(record: Notes, steps: readonly Step[], context: () => StepContext): Promise<void> {
  for (const [back, step] of steps.toReversed().entries()) {
    if (back > 0 && step.pivot) return;
    if (isCommit(step) ? back === 0 || !step.uncommit : !step.undo) continue;
    record.calls.push(`undo ${step.title}`);
    record.params.push(null);
    if (isCommit(step)) record.change((draft) => step.uncommit?.(draft, context()));
    else await step.undo?.(context());
  }
}

const turn = async (): Promise<void> => {
  await new Promise(setImmediate);
};

const isCommit = (step: Step): step is CommitStep => 'commit' in step;

const usual: Readonly<Record<string, unknown>> = {
  'disk-list': [],
  'instance-list': [],
  'migration-accept': { address: '192.0.2.2', port: 4444 },
};

const throughJson = (value: unknown): Json => (value === undefined ? null : (JSON.parse(JSON.stringify(value)) as Json));
