import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Placer } from '../src/cluster/placement/placer.ts';
import { keys } from '../src/model/index.ts';
import { ConfigState } from '../src/store/config-state.ts';
import { sampleCluster, sampleGroup, sampleInstance, sampleNode } from '../src/store/testing/sample-objects.ts';

/**
 * The master's choice of a node for one new instance after the other, each in the configuration with those before it.
 *
 *     node bench/placing.ts [--small] [--nodes N] [--instances N] [--rules]
 */
export interface PlacingBenchmark {
  /** Milliseconds of processor time: the first request, which builds everything, and the median of the others. */
  readonly first: number;
  readonly median: number;
  /** Of the chosen nodes. */
  readonly hash: string;
}

export interface PlacingOptions {
  readonly nodes: number;
  readonly instances: number;
  /** How many are placed. */
  readonly requests: number;
  /** With a location description: 20 racks, at most two instances of a service in one. */
  readonly rules: boolean;
}

const entry = (key: string, value: unknown, modRevision = 1) => ({ key, value: JSON.stringify(value), createRevision: 1, modRevision });

export async function benchPlacing({ nodes, instances, requests, rules }: PlacingOptions): Promise<PlacingBenchmark> {
  const template = 'sharedfile';
  const shared = (number: number) => ({ ...sampleInstance(number, nodes), disk_template: template }) as const;
  const all = Array.from({ length: nodes }, (_, n) => sampleNode(n));
  const entries = [
    entry(keys.cluster, { ...sampleCluster, ...(rules && { location: racks(all.map(({ name }) => name)) }) }),
    entry(keys.group(sampleGroup.uuid), sampleGroup),
    ...all.map((node) => entry(keys.node(node.uuid), node)),
    ...Array.from({ length: instances }, (_, i) => shared(i)).map((instance) => entry(keys.instance(instance.uuid), instance)),
  ];
  let config = ConfigState.load(entries, 1);
  const placer = new Placer(live);
  const times: number[] = [];
  const chosen: string[] = [];
  for (let k = 0; k < requests; k++) {
    const name = k % 2 === 0 ? `web${k}` : `db${k}`;
    const before = process.cpuUsage();
    const needs = { ...shared(instances + k), name, networks: [null], offline: false };
    const { primary } = await placer.place(config, needs);
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000);
    chosen.push(primary.name);
    const instance = { ...shared(instances + k), name, primary_node: primary.uuid };
    const put = { type: 'put', entry: entry(keys.instance(instance.uuid), instance, k + 2) } as const;
    config = config.apply({ revision: k + 2, events: [put] });
  }
  const [first = 0, ...others] = times;
  const median = others.sort((a, b) => a - b)[others.length >> 1] ?? 0;
  return { first, median, hash: createHash('sha256').update(chosen.join()).digest('hex').slice(0, 16) };
}

const racks = (names: readonly string[]): string =>
  JSON.stringify({
    levels: ['rack'],
    domains: Array.from({ length: 20 }, (_, rack) => ({
      name: `r${rack}`,
      level: 'rack',
      nodes: names.filter((_n, n) => n % 20 === rack),
    })),
    services: [{ name: 'web', members: ['web*'], rules: [{ spread: { level: 'rack', atMost: 2 } }] }],
  });

const info = {
  name: '',
  version: '',
  boot_id: '',
  memory_total: 262_144,
  memory_free: 0,
  memory_dom0: 2048,
  disk_total: 4_000_000,
  disk_free: 4_000_000,
  cpu_total: 64,
  cpu_nodes: 1,
  cpu_sockets: 1,
  hypervisors: { kvm: { version: '', accelerator: null, problem: null } },
  disk_templates: ['sharedfile' as const],
};

const live = { version: 1, node: () => ({ info, at: 2e12, stale: false }), instance: () => undefined, refresh: async () => undefined };

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      small: { type: 'boolean' },
      nodes: { type: 'string', default: '1000' },
      instances: { type: 'string', default: '10000' },
      rules: { type: 'boolean', default: false },
    },
  });
  const size = values.small ? { nodes: 40, instances: 400 } : { nodes: Number(values.nodes), instances: Number(values.instances) };
  const { first, median, hash } = await benchPlacing({ ...size, requests: 40, rules: values.rules });
  process.stdout.write(
    `${size.nodes} nodes, ${size.instances} instances: first ${first.toFixed(0)} ms, median ${median.toFixed(1)} ms, ${hash}\n`,
  );
}
