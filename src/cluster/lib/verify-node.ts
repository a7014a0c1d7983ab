import { GantryError } from '../../base/index.ts';
import type { PlanContext } from '../../jobs/index.ts';
import { fillNicparams, type Instance, type Node } from '../../model/index.ts';
import type { InstanceRuntime, RpcResult, VerifyProblem } from '../../rpc/index.ts';

type Problem = VerifyProblem;

/**
 * Everything that is wrong with one node and the instances that belong on it.
 * @param busy instances that unfinished jobs name
 */
export async function verifyNode(context: PlanContext, node: Node, busy: ReadonlySet<string>): Promise<Problem[]> {
  if (node.offline) return [];
  const { config, nodes } = context;
  const { cluster } = config;
  const mine = config.instancesOf(node.uuid).primary;
  const bridges = new Set(
    mine.flatMap((instance) =>
      instance.nics
        .map((nic) => fillNicparams(cluster, nic))
        .filter((p) => p.mode === 'bridged')
        .map((p) => p.link),
    ),
  );
  const call = { signal: context.signal };
  try {
    const [verified, running, disks] = await Promise.all([
      nodes.call(
        node.uuid,
        'node-verify',
        {
          bridges: [...bridges],
          hypervisors: cluster.enabled_hypervisors,
          storage_dirs: storageDirs(cluster.enabled_disk_templates, cluster),
        },
        call,
      ),
      nodes.call(node.uuid, 'instance-list', {}, call),
      nodes.call(node.uuid, 'disk-list', {}, call),
    ]);
    return [
      ...verified.problems.map((problem) => ({ ...problem, subject: `node ${node.name}: ${problem.subject}` })),
      ...wrongInstances(context, node, mine, running, busy),
      ...endedMoves(context, mine, busy),
      ...wrongDisks(context, node, mine, disks),
    ];
  } catch (error) {
    const { code, what, todo } = GantryError.from(error).toReport();
    return [{ code, subject: `node ${node.name}`, text: what, todo }];
  }
}

function storageDirs(templates: readonly string[], dirs: { file_storage_dir: string; shared_file_storage_dir: string }): string[] {
  return [
    ...(templates.includes('file') ? [dirs.file_storage_dir] : []),
    ...(templates.includes('sharedfile') ? [dirs.shared_file_storage_dir] : []),
  ];
}

/** A move whose undoing failed may leave room kept for nobody. */
function endedMoves({ config }: PlanContext, mine: readonly Instance[], busy: ReadonlySet<string>): Problem[] {
  return mine
    .filter(({ name, moving_to }) => moving_to !== undefined && !busy.has(name.toLowerCase()))
    .map(({ name, moving_to = '' }) => ({
      code: 'VERIFY_INSTANCE_MOVE_ENDED',
      subject: `instance ${name}`,
      text: `room is kept for it on ${config.nodes.get(moving_to)?.name} by a move that has ended`,
      todo: `gantry instance migrate --cleanup ${name}, or start or stop it`,
      severity: 'warning' as const,
    }));
}

function wrongInstances(
  { config }: PlanContext,
  node: Node,
  mine: readonly Instance[],
  running: readonly InstanceRuntime[],
  busy: ReadonlySet<string>,
): Problem[] {
  const problems: Problem[] = [];
  const alive = new Map(
    running.filter((runtime) => runtime.state === 'running' || runtime.state === 'paused').map((runtime) => [runtime.uuid, runtime]),
  );
  for (const instance of mine) {
    const subject = `instance ${instance.name}`;
    if (instance.admin_state === 'up' && !alive.has(instance.uuid)) {
      problems.push({
        code: 'VERIFY_INSTANCE_DOWN',
        subject,
        text: `should run on ${node.name} but does not`,
        todo: `gantry instance startup ${instance.name}`,
      });
    }
    if (instance.admin_state !== 'up' && alive.has(instance.uuid)) {
      problems.push({
        code: 'VERIFY_INSTANCE_UP',
        subject,
        text: `runs on ${node.name} but should not`,
        todo: `gantry instance shutdown ${instance.name}`,
      });
    }
  }
  for (const runtime of alive.values()) {
    const owner = config.instances.get(runtime.uuid);
    if (!owner) {
      const text = `runs on ${node.name} but is not configured`;
      problems.push({
        code: 'VERIFY_INSTANCE_UNKNOWN',
        subject: `instance ${runtime.name}`,
        text,
        todo: 'find out whose it is, then end its process on the node',
      });
    } else if (owner.primary_node !== node.uuid && !(owner.moving_to === node.uuid && busy.has(owner.name.toLowerCase()))) {
      const text = `runs on ${node.name}, its primary node is ${config.nodes.get(owner.primary_node)?.name}`;
      problems.push({
        code: 'VERIFY_INSTANCE_WRONG_NODE',
        subject: `instance ${owner.name}`,
        text,
        todo: `gantry instance migrate --cleanup ${owner.name}`,
      });
    }
  }
  return problems;
}

function wrongDisks({ config }: PlanContext, node: Node, mine: readonly Instance[], found: RpcResult<'disk-list'>): Problem[] {
  const problems: Problem[] = [];
  const present = new Set(found.map((disk) => disk.disk_uuid));
  for (const instance of mine) {
    for (const [index, disk] of instance.disks.entries()) {
      if (present.has(disk.uuid)) continue;
      const text = `disk ${index} is missing on ${node.name}`;
      problems.push({
        code: 'VERIFY_DISK_MISSING',
        subject: `instance ${instance.name}`,
        text,
        todo: 'restore it from a backup, or remove the instance',
      });
    }
  }
  const configured = new Set([...config.instances.values()].flatMap((instance) => instance.disks.map((disk) => disk.uuid)));
  for (const disk of found) {
    if (configured.has(disk.disk_uuid)) continue;
    const text = `${disk.path} belongs to no instance`;
    problems.push({
      code: 'VERIFY_DISK_UNKNOWN',
      subject: `node ${node.name}`,
      text,
      todo: 'find out whose it is, then remove it by hand',
    });
  }
  return problems;
}
