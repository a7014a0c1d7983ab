import { type Random, seededRandom } from '../../src/base/index.ts';

/** A cluster in the text format, loads of its instances, and options of hbal, with everything that is unusual. */
export interface WildCluster {
  readonly text: string;
  readonly loads: string;
  readonly options: readonly string[];
}

interface WildNode {
  readonly name: string;
  readonly group: number;
  readonly memory: number;
  readonly disk: number;
  readonly exclusive: boolean;
  free: number;
  freeDisk: number;
  freeSpindles: number;
}

const templates = ['drbd', 'drbd', 'drbd', 'plain', 'ext', 'rbd', 'sharedfile', 'diskless', 'file', 'gluster', 'blockdev'] as const;
const states = [
  'running',
  'running',
  'running',
  'ADMIN_down',
  'ADMIN_offline',
  'ERROR_up',
  'ERROR_down',
  'ERROR_nodedown',
  'USER_down',
  'ERROR_wrongnode',
] as const;
const down = new Set(['ADMIN_down', 'ADMIN_offline', 'ERROR_down', 'USER_down']);

/** Node groups, unequal and offline nodes, exclusive storage, missing memory, forthcoming instances, all states, tags and options. */
export function wildCluster(seed: number): WildCluster {
  const random = seededRandom(seed);
  const chance = (part: number) => random() < part;
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const groups = chance(0.3) ? 2 : 1;
  const isTagged = chance(0.4);
  const nodes = Array.from({ length: 2 * groups + Math.floor(random() * 8) }, (_, n) => wildNode(random, n, groups, chance(0.4)));
  const drawn = Array.from({ length: 3 + Math.floor(random() * 35) }, (_, j) => wildInstance(random, j, nodes, groups, isTagged));
  const instances = drawn.filter((line) => line !== undefined);
  const nodeLines = nodes.map((node, n) => {
    const missing = chance(0.2) ? pick([-500, 300, 2000, 6000]) : 0;
    const tags = isTagged ? [`rack:r${n % 3}`, ...(chance(0.3) ? [`version:v${n % 2}`] : [])].join(',') : '';
    const { name, memory, disk, free, freeDisk, freeSpindles, exclusive, group } = node;
    const offline = n >= groups && chance(0.15) ? 'Y' : 'N';
    const spindles = exclusive ? Math.max(0, freeSpindles) : 0;
    const sizes = [memory, 1024, Math.max(0, free - missing), disk, Math.max(0, freeDisk)];
    return [
      name,
      ...sizes,
      pick([8, 16, 24]),
      offline,
      `uuid-${group}`,
      12,
      tags,
      exclusive ? 'Y' : 'N',
      spindles,
      pick([0, 1]),
      pick([0.8, 1, 1.25]),
    ].join('|');
  });
  const names = instances.map((line) => line.split('|')[0]);
  const load = () => (chance(0.3) ? 0 : Math.round(random() * 1000) / 1000);
  const policy = `|128,1,1024,1,1,1|128,1,0,1,1,1;32768,8,1048576,16,8,12|diskless,file,sharedfile,plain,blockdev,drbd,rbd,ext,gluster|${pick(['4.0', '1.5', '16.0'])}|${pick(['32.0', '2.0', '4.0'])}`;
  const tags = isTagged ? clusterTags.filter((_, k) => k < 2 || chance(0.6)) : [];
  const sections = [Array.from({ length: groups }, (_, g) => `group${g}|uuid-${g}|preferred||`), nodeLines, instances, tags, [policy]];
  return {
    text: `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`,
    loads: chance(0.5) ? names.map((name) => `${name} ${load()} ${load()} ${load()} ${load()}\n`).join('') : '',
    options: wildOptions(random, groups, nodes.length),
  };
}

const clusterTags = [
  'htools:iextags:service',
  'htools:nlocation:rack',
  'htools:desiredlocation:rack',
  'htools:migration:version',
  'htools:allowmigration:version:v0::version:v1',
] as const;

function wildNode(random: Random, n: number, groups: number, exclusive: boolean): WildNode {
  const memory = [32_768, 49_152, 65_536][Math.floor(random() * 3)] as number;
  const disk = [524_288, 1_048_576][Math.floor(random() * 2)] as number;
  return {
    name: `node${n}.example.com`,
    group: n % groups,
    memory,
    disk,
    exclusive,
    free: memory - 1024,
    freeDisk: disk,
    freeSpindles: 12,
  };
}

function wildInstance(random: Random, j: number, nodes: readonly WildNode[], groups: number, isTagged: boolean): string | undefined {
  const chance = (part: number) => random() < part;
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const members = nodes.filter(({ group }) => group === Math.floor((j * 7) % groups));
  const crowded = (list: readonly WildNode[]) => list[Math.floor(list.length * random() * random())];
  const template = pick(templates);
  const memory = pick([512, 1024, 2048, 4096]);
  const disk = template === 'diskless' ? 0 : memory * pick([2, 4, 8]);
  const primary = crowded(members);
  const secondary = template === 'drbd' ? crowded(members.filter((node) => node !== primary)) : undefined;
  if (!primary || (template === 'drbd' && !secondary)) return undefined;
  const isLocal = template === 'drbd' || template === 'plain';
  if (primary.free < memory + 512 || (isLocal && primary.freeDisk < disk + 512) || (secondary && secondary.freeDisk < disk + 512))
    return undefined;
  const state = pick(states);
  const forthcoming = chance(0.1);
  const spindles = chance(0.2) ? '-' : String(pick([1, 1, 2]));
  if (!forthcoming) {
    if (!down.has(state)) primary.free -= memory;
    for (const node of isLocal ? [primary, secondary] : []) {
      if (!node) continue;
      node.freeDisk -= disk;
      if (spindles !== '-') node.freeSpindles -= Number(spindles);
    }
  }
  const tags = isTagged ? [...(chance(0.3) ? [`service:s${j % 3}`] : []), ...(chance(0.2) ? [`rack:r${j % 3}`] : [])].join(',') : '';
  const places = [primary.name, secondary?.name ?? ''];
  return [
    `inst${j}.example.com`,
    memory,
    disk,
    pick([1, 1, 2, 4]),
    state,
    chance(0.05) ? 'N' : 'Y',
    ...places,
    template,
    tags,
    pick([1, 2]),
    spindles,
    forthcoming ? 'Y' : 'N',
  ].join('|');
}

function wildOptions(random: Random, groups: number, nodes: number): string[] {
  const chance = (part: number) => random() < part;
  return [
    ...(groups > 1 ? ['-G', `group${Math.floor(random() * groups)}`] : []),
    ...['--no-disk-moves', '--no-instance-moves', '--restricted-migration', '--ignore-soft-errors', '--evac-mode'].filter(() =>
      chance(0.15),
    ),
    ...(chance(0.25) ? ['--min-disk=0.1'] : []),
    ...(chance(0.25) ? ['--max-cpu=2.5'] : []),
    ...(chance(0.2) && groups === 1 ? ['-O', `node${nodes - 1}`] : []),
    ...(chance(0.3) ? ['--min-gain=0', '--min-gain-limit=0'] : []),
  ];
}
