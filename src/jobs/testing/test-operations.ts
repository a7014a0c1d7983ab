import { existsSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Instance, Touch } from '../../model/index.ts';
import { opcodes } from '../../model/index.ts';
import type { ConfigDraft } from '../../store/index.ts';
import { defineOperation, type Operation, type Step } from '../saga/operation.ts';

/**
 * Small operations for tests. Their world is a directory of files: `<uuid>.disk0`, `<uuid>.run`, …
 * `point` is called before and after each effect, e.g. to kill the process there.
 */
export interface TestWorld {
  readonly dir: string;
  readonly point?: (name: string) => void;
}

type CreatePlan = { uuid: string; name: string; broken: boolean };
type RemovePlan = { uuid: string };

/** No steps: waits, then has ended. */
export const testDelay: Operation = defineOperation(opcodes.testDelay, {
  async plan({ clock, signal }, { duration }) {
    if (duration > 0) await clock.sleep(duration * 1000, signal);
    return null;
  },
  steps: () => [],
  result: () => null,
});

/** One commit: adds tags to the cluster. */
export const testTags: Operation = defineOperation(opcodes.tagsSet, {
  plan: async ({ config }, { tags }) => ({ tags, cluster: config.cluster.uuid }),
  steps: (plan) => [
    {
      id: 'set-tags',
      title: 'set tags',
      commit: (draft) =>
        draft.update('cluster', plan.cluster, (old) => ({ ...old, tags: [...new Set([...old.tags, ...plan.tags])].sort() })),
    },
  ],
  result: () => null,
});

/**
 * Creates an instance: reserves its name, makes two disks, starts it, records that it is up. With the OS `broken` the
 * start does half its work and fails.
 */
export function testCreate(world: TestWorld): Operation {
  return defineOperation(opcodes.instanceCreate, {
    plan: async ({ newUuid }, { instance_name, os_type }) => ({
      uuid: newUuid(),
      name: instance_name,
      broken: os_type === 'broken',
    }),
    steps: (plan: CreatePlan): Step<CreatePlan>[] => [
      {
        id: 'reserve',
        title: 'reserve',
        releases: ['allocation'],
        commit(draft) {
          draft.create('instance', testInstance(plan.uuid, plan.name));
          draft.claim('mac', macOf(plan.uuid), plan.uuid);
        },
        uncommit: (draft) => forget(draft, plan.uuid),
      },
      fileStep(world, 'create disk 0', `${plan.uuid}.disk0`),
      fileStep(world, 'create disk 1', `${plan.uuid}.disk1`),
      {
        ...fileStep(world, 'start', `${plan.uuid}.run`),
        async do() {
          await make(world, `${plan.uuid}.run`);
          if (plan.broken) throw new Error('the guest does not boot');
          return { pid: 42 };
        },
      },
      {
        id: 'record',
        title: 'record',
        commit: (draft) => draft.update('instance', plan.uuid, (old) => ({ ...old, forthcoming: false })),
      },
    ],
    result: () => ['node1'],
  });
}

/** Removes an instance: stops it, then only forward (pivot): removes the disks, forgets it. */
export function testRemove(world: TestWorld): Operation {
  return defineOperation(opcodes.instanceRemove, {
    plan: async ({ config }, { instance_name }) => ({ uuid: config.instances.find(instance_name)?.uuid ?? 'none' }),
    steps: (plan: RemovePlan): Step<RemovePlan>[] => [
      { id: 'stop', title: 'stop', do: () => unmake(world, `${plan.uuid}.run`), undo: () => make(world, `${plan.uuid}.run`) },
      {
        id: 'give-up',
        title: 'give up',
        pivot: true,
        commit: (draft) => draft.update('instance', plan.uuid, (old) => ({ ...old, admin_state: 'down' })),
        uncommit: (draft) => draft.update('instance', plan.uuid, (old) => ({ ...old, admin_state: 'up' })),
      },
      { id: 'remove-disk-0', title: 'remove disk 0', do: () => unmake(world, `${plan.uuid}.disk0`) },
      { id: 'remove-disk-1', title: 'remove disk 1', do: () => unmake(world, `${plan.uuid}.disk1`) },
      { id: 'forget', title: 'forget', commit: (draft) => forget(draft, plan.uuid) },
    ],
    result: () => null,
  });
}

/** Submits a creation as a job of its own, and tells its number. */
export const testParent: Operation = defineOperation(opcodes.nodeEvacuate, {
  plan: async (_, { node_name }) => ({ child: node_name }),
  steps: (plan) => [
    {
      id: 'submit',
      title: 'submit',
      do: async ({ submitJobs }) => [...(await submitJobs([[{ OP_ID: 'OP_INSTANCE_CREATE', instance_name: plan.child }]]))],
    },
    { id: 'end', title: 'end', do: async () => undefined },
  ],
  result: (_, outcomes) => ({ jobs: (outcomes['submit'] as number[]).map((id): [boolean, number] => [true, id]) }),
});

/** An operation of the opcode OP_INSTANCE_REBOOT with the given steps. */
export function testSteps(steps: readonly Step<null>[], locks?: readonly Touch[]): Operation {
  return defineOperation(opcodes.instanceReboot, {
    ...(locks ? { locks: () => locks } : {}),
    plan: async () => null,
    steps: () => steps,
    result: () => null,
  });
}

export function testOperations(world: TestWorld): Map<string, Operation> {
  return operationMap(testDelay, testTags, testCreate(world), testRemove(world), testParent);
}

export function operationMap(...operations: readonly Operation[]): Map<string, Operation> {
  return new Map(operations.map((operation) => [operation.opcode.id, operation]));
}

/** Names of the effects in the world, sorted, with `*` for the UUID. */
export async function effects(dir: string): Promise<string[]> {
  return (await readdir(dir)).map((name) => name.replace(/^[^.]+/, '*')).sort();
}

function fileStep(world: TestWorld, name: string, file: string): Step & { do: () => Promise<void> } {
  return { id: name.replaceAll(' ', '-'), title: name, do: () => make(world, file), undo: () => unmake(world, file) };
}

async function make(world: TestWorld, file: string): Promise<void> {
  world.point?.(`before making ${file}`);
  await writeFile(join(world.dir, file), '');
  world.point?.(`after making ${file}`);
}

async function unmake(world: TestWorld, file: string): Promise<void> {
  world.point?.(`before removing ${file}`);
  if (existsSync(join(world.dir, file))) await rm(join(world.dir, file));
  world.point?.(`after removing ${file}`);
}

function forget(draft: ConfigDraft, uuid: string): void {
  draft.remove('instance', uuid);
  draft.release('mac', macOf(uuid));
}

const macOf = (uuid: string) => `aa:00:00:00:${uuid.slice(0, 2)}:${uuid.slice(2, 4)}`;

function testInstance(uuid: string, name: string): Instance {
  return {
    uuid,
    name,
    ctime: 1_700_000_000,
    mtime: 1_700_000_000,
    serial_no: 1,
    tags: [],
    primary_node: '00000000-0000-4000-8000-000000000001',
    secondary_nodes: [],
    os: 'tiny',
    hypervisor: 'kvm',
    hvparams: {},
    beparams: {},
    osparams: {},
    admin_state: 'up',
    admin_state_source: 'admin',
    disk_template: 'file',
    disks: [],
    nics: [],
    disks_active: true,
    network_port: null,
    forthcoming: true,
  };
}
