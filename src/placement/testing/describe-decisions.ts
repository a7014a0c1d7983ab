import { type Random, seededRandom } from '../../base/index.ts';
import { requiredNodes } from '../../model/disk-templates/catalogue.ts';
import { allocate } from '../allocate/allocate.ts';
import { allocateSecondary } from '../allocate/allocate-secondary.ts';
import { createAllocator, settle, stage } from '../allocate/allocator.ts';
import { changeGroup } from '../allocate/change-group.ts';
import { fillTiered, noCapacity } from '../allocate/count-capacity.ts';
import { type Evacuation, evacuate } from '../allocate/evacuate.ts';
import { describeRefusals, explainRefusals } from '../allocate/explain-refusals.ts';
import { createRedundancy, strandingNodes } from '../allocate/redundancy.ts';
import { relocate as relocateInstance } from '../allocate/relocate.ts';
import { balance, defaultBalanceOptions } from '../balance/balance.ts';
import type { Move } from '../balance/move.ts';
import type { ClusterData } from '../cluster/cluster-data.ts';
import { type PreparedCluster, prepareCluster } from '../cluster/prepare-cluster.ts';
import { bottlenecks } from '../location/bottlenecks.ts';
import { compileRules } from '../location/compile-rules.ts';
import { findConflict } from '../location/find-conflict.ts';
import { locationPicture } from '../location/picture/location-picture.ts';
import type { Location } from '../location/service.ts';
import { survivability } from '../location/survivability.ts';
import { optimise } from '../optimise/optimise.ts';
import { createTraffic } from '../plan/traffic.ts';
import { roll } from '../roll/roll.ts';
import { squeeze } from '../squeeze/squeeze.ts';
import { defaultLoadLimits } from '../squeeze/squeeze-options.ts';
import { createState } from '../state/create-state.ts';
import { clusterScore, optimalScore } from '../state/score.ts';
import { randomCluster } from './random-cluster.ts';
import { wildCluster, wildLocation } from './wild-cluster.ts';

/** Everything that placement decides about one random cluster, a line for each decision. */
export function describeDecisions(seed: number): string[] {
  const random = seededRandom(seed);
  const data = seed % 2 === 0 ? wildCluster(random) : randomCluster(random, { nodes: 8, instances: 24, groups: 2, varied: seed % 3 === 0 });
  const cluster = prepareCluster(data);
  const location = wildLocation(data, random);
  const lines = [
    ...scores(cluster),
    ...rulesOf(cluster, location),
    ...balancing(cluster, location),
    ...evacuations(cluster, location),
    ...allocations(cluster, data, location, random),
    ...rolling(cluster, location),
    ...squeezing(cluster, location),
    ...planning(cluster, location),
  ];
  return lines.map((line) => line.replaceAll('.example.com', '').replaceAll('instance-000', 'i').replaceAll('node-00', 'n'));
}

const rulesFor = (cluster: PreparedCluster, { topology, services }: Location) => compileRules(cluster, topology, services);

/** What is thrown is a decision as well. */
function decided(what: string, decide: () => string): string {
  try {
    return `${what}: ${decide()}`;
  } catch (error) {
    return `${what}: refused, ${(error as Error).message}`;
  }
}

const moveText = ({ instance, kind, target, primary, secondary, score }: Move): string =>
  `${instance}:${kind}>${target} ${primary}/${secondary} ${score.toFixed(8)}`;

function scores(cluster: PreparedCluster): string[] {
  const state = createState(cluster);
  const groups = [...cluster.groups.keys()];
  const redundancy = (onlineOnly: boolean) => strandingNodes(createRedundancy(state, { groups, onlineOnly })).join(',');
  return [
    `score: ${clusterScore(state).toFixed(8)}, optimum ${optimalScore(state).toFixed(8)}`,
    `bad: ${[...state.nodes.failN1].join('')} ${[...state.nodes.tagConflicts].join('')}`,
    `stranding: ${redundancy(true)} | ${redundancy(false)}`,
  ];
}

function rulesOf(cluster: PreparedCluster, location: Location): string[] {
  const book = rulesFor(cluster, location);
  const nodes = [...cluster.nodes.keys()];
  const few = [0, 1, 2].filter((i) => i < cluster.instances.length);
  const breaches = (list: ReturnType<typeof book.breaches>) =>
    list.map(({ rule, hard, excess, detail }) => `${rule}${hard ? '!' : ''} ${excess} ${detail}`).join('; ');
  return [
    `rules: ${book.hard} ${book.soft}; ${breaches(book.breaches())}`,
    `offenders: ${book.offenders('hard').join(',')} | ${book.offenders('any').join(',')}`,
    decided('conflict', () => JSON.stringify(findConflict(cluster, location) ?? null)),
    ...few.map(
      (i) =>
        `admits ${i}: ${nodes.map((n) => Number(book.admits(i, n))).join('')} ${nodes.map((n) => Number(book.mayMigrate(i, 0, n))).join('')}`,
    ),
    ...few.map((i) => `explains ${i}: ${breaches(book.explain(i, 0, 1))} | ${breaches(book.relief(i, nodes.length - 1, 0))}`),
    `links: ${JSON.stringify(bottlenecks(cluster, location.topology))}`,
    `losses: ${survivability(cluster, location).losses.map(lossText).join('; ')}`,
    `picture: ${digest(locationPicture(cluster, location))}`,
  ];
}

/** Short, and another one for another text: FNV-1a. */
function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return `${text.length} ${(hash >>> 0).toString(16)}`;
}

function lossText({ domain, stopped, lost, services }: ReturnType<typeof survivability>['losses'][number]): string {
  const reasons = [...Map.groupBy(lost, ({ reason }) => reason)].map(
    ([reason, list]) => `${reason} ${list.map(({ instance }) => instance).join(',')}`,
  );
  const below = services.map(({ service, minimum, alive, recovered }) => `${service} ${alive}/${recovered} of ${minimum}`);
  return [domain, stopped, ...reasons, ...below].join(' ');
}

function balancing(cluster: PreparedCluster, location: Location): string[] {
  const some = (options: Parameters<typeof balance>[1], rules?: ReturnType<typeof rulesFor>) => {
    const moves: string[] = [];
    for (const move of balance(createState(cluster), { ...options, rules } as Parameters<typeof balance>[1]))
      if (moves.push(moveText(move)) >= 5) break;
    return moves.join(', ');
  };
  return [
    `balance: ${some(defaultBalanceOptions)}`,
    `balance without disks: ${some({ ...defaultBalanceOptions, diskMoves: false })}`,
    `balance without instances: ${some({ ...defaultBalanceOptions, instanceMoves: false })}`,
    `balance restricted: ${some({ ...defaultBalanceOptions, restrictedMigration: true })}`,
    `balance off: ${some({ ...defaultBalanceOptions, evacuate: true })}`,
    `balance leniently: ${some({ ...defaultBalanceOptions, ignoreSoftErrors: true })}`,
    `balance by rules: ${some(defaultBalanceOptions, rulesFor(cluster, location))}`,
  ];
}

const evacuationText = (evacuation: Evacuation): string =>
  'failure' in evacuation
    ? `${evacuation.instance} stays: ${evacuation.failure}`
    : `${evacuation.instance} ${evacuation.steps.map(({ kind, target }) => `${kind}>${target}`).join(' ')} = ${evacuation.group} ${evacuation.nodes.join('/')}`;

function evacuations(cluster: PreparedCluster, location: Location): string[] {
  const few = [...cluster.instances.keys()].slice(0, 4);
  const lines = (['primary-only', 'secondary-only', 'all'] as const).flatMap((mode) =>
    [false, true].map((ruled) => {
      const limits = { force: !ruled, rules: ruled ? rulesFor(cluster, location) : undefined };
      return decided(`${mode}${ruled ? ' by rules' : ''}`, () =>
        evacuate(createState(cluster), few, mode, limits).map(evacuationText).join('; '),
      );
    }),
  );
  const relocated = few.map((i) => {
    const { primary = 0, secondary = 0 } = cluster.instances[i] ?? {};
    const from = secondary >= 0 ? secondary : primary;
    return decided(`relocate ${i}`, () => JSON.stringify(relocateInstance(createState(cluster), i, 1, [from], { force: false })));
  });
  const groupOf = (i: number) => cluster.nodes[cluster.instances[i]?.primary ?? 0]?.group;
  const together = [...cluster.instances.keys()].filter((i) => groupOf(i) === groupOf(0)).slice(0, 3);
  const regrouped = [undefined, (whole: PreparedCluster) => rulesFor(whole, location)].map((rules) =>
    decided(`change group${rules ? ' by rules' : ''}`, () =>
      changeGroup(createState(cluster, { spareInstances: 1 }), together, [], { rules })
        .evacuations.map(evacuationText)
        .join('; '),
    ),
  );
  return [...lines, ...relocated, ...regrouped];
}

function allocations(cluster: PreparedCluster, data: ClusterData, location: Location, random: Random): string[] {
  const usual = data.instances[0];
  if (!usual) return [];
  const fresh = (name: string, memory: number, diskTemplate: 'drbd' | 'ext' | 'plain') => ({
    ...usual,
    name,
    memory,
    disk: 4096,
    disks: [{ size: 4096 }],
    diskTemplate,
    primary: -1,
    secondary: -1,
    status: 'running' as const,
    forthcoming: false,
  });
  const sizes = [1024, 1024 * (1 + Math.floor(random() * 20)), 60_000];
  const lines = [false, true].flatMap((ruled) => {
    const rules = ruled ? (whole: PreparedCluster) => rulesFor(whole, location) : undefined;
    const allocator = createAllocator(createState(cluster, { spareInstances: 16 }), { rules, capacityChecks: !ruled });
    return (['drbd', 'ext', 'plain'] as const).map((template, k) =>
      decided(`place ${template}${ruled ? ' by rules' : ''}`, () => {
        const wanted = stage(allocator, fresh(`new${k}`, sizes[k] ?? 1024, template));
        const request = { requiredNodes: requiredNodes(template) };
        const refusals = describeRefusals(allocator.state.data, explainRefusals(allocator, wanted, request));
        const { place, log } = allocate(allocator, wanted, request);
        if (place) settle(allocator, wanted, place);
        return `${place ? `${place.primary}/${place.secondary}` : 'nowhere'}; ${log.join(', ')}; ${refusals}`;
      }),
    );
  });
  const mirrors = [...cluster.instances.keys()]
    .filter((i) => (cluster.instances[i]?.secondary ?? 0) < 0)
    .slice(0, 3)
    .map((i) =>
      decided(`mirror ${i}`, () => {
        const { secondary, description } = allocateSecondary(cluster, i, {}, {}, (score) => score.toFixed(8));
        return `${secondary} ${description}`;
      }),
    );
  const capacity = [true, false].map((capacityChecks) => {
    const allocator = createAllocator(createState(cluster, { spareInstances: 64 }), { capacityChecks, acceptExisting: true });
    const filled = noCapacity();
    const [largest] = prepareCluster({ ...data, instances: [{ ...fresh('fill', 16_384, 'ext'), primary: 0 }] }).instances;
    return decided('room', () => {
      if (largest) fillTiered(allocator, filled, { ...largest, primary: -1 }, 12, { nodes: allocator.state.scope, capacityChecks });
      return `${filled.instances.map(({ memory, vcpus }) => `${memory}/${vcpus}`).join(' ')} ${[...filled.failures].join(',')}`;
    });
  });
  return [...lines, ...mirrors, ...capacity];
}

function rolling(cluster: PreparedCluster, location: Location): string[] {
  const state = createState(cluster);
  const nodes = [...cluster.nodes.keys()].filter((n) => state.nodes.offline[n] === 0);
  const shown = (options: Partial<Parameters<typeof roll>[1]>) =>
    decided(`roll ${Object.keys(options).join(' ')}`, () =>
      roll(state, { nodes, ...options })
        .groups.map(
          (group) =>
            `${group.nodes.join(',')}[${group.moves.map(({ instance, primary, secondary }) => `${instance}:${primary}/${secondary}`).join(' ')}]`,
        )
        .join(' '),
    );
  return [
    shown({}),
    shown({ offlineMaintenance: true }),
    shown({ ignoreNonRedundant: true }),
    shown({ fullEvacuation: true }),
    shown({ rules: rulesFor(cluster, location), fullEvacuation: true }),
  ];
}

function squeezing(cluster: PreparedCluster, location: Location): string[] {
  const text = (what: string, options: Partial<Parameters<typeof squeeze>[1]>) =>
    decided(`squeeze ${what}`, () => {
      const plan = squeeze(cluster, { minimalResources: 1, targetResources: 2, weighings: 2000, mirrored: true, ...options });
      return `${plan.action} ${plan.nodes.join(',')} of ${plan.offCandidates.join(',')}|${plan.onCandidates.join(',')} ${plan.sufficient} ${plan.moves.map(moveText).join(', ')} ${plan.copied} ${plan.scoreAfter.toFixed(8)}`;
    });
  return [
    text('off', {}),
    text('without mirrored', { mirrored: false }),
    text('on', { minimalResources: 400, targetResources: 500 }),
    text('by load and rules', { load: defaultLoadLimits, rules: rulesFor(cluster, location) }),
  ];
}

function planning(cluster: PreparedCluster, location: Location): string[] {
  const text = (what: string, options: Partial<Parameters<typeof optimise>[1]>) =>
    decided(`plan ${what}`, () => {
      const { moves, sets, before, after, data, seconds, leftOut } = optimise(cluster, { random: seededRandom(7), steps: 150, ...options });
      const each = moves.map(
        ({ instance, kind, target, to, improves }) => `${instance}:${kind}>${target} ${to.primary}/${to.secondary} ${improves[0]?.name}`,
      );
      return `${before.toFixed(6)} to ${after.toFixed(6)}, ${data} MiB, ${seconds.toFixed(1)} s, sets ${JSON.stringify(sets)}, out ${leftOut.join(',')}: ${each.join(', ')}`;
    });
  return [
    text('freely', {}),
    text('few moves', { maxMoves: 3 }),
    text('little data', { maxData: 20_000 }),
    text('by rules', { rules: rulesFor(cluster, location), traffic: createTraffic(cluster, location) }),
  ];
}
