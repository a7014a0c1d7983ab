import { type Clock, type Emit, type MetricFamily, type MetricSource, ProcessMetrics, processFamilies } from '../base/index.ts';
import { JobMetrics, jobFamilies } from '../jobs/index.ts';
import { RpcMetrics, rpcFamilies } from '../rpc/index.ts';
import { type Config, type Leadership, type Store, StoreMetrics, storeFamilies } from '../store/index.ts';
import type { LiveState } from './live-state.ts';

const f = {
  leading: {
    name: 'gantry_master_leading',
    type: 'gauge',
    help: '1 while it is certain that this master leads, else 0.',
  },
  term: { name: 'gantry_master_term', type: 'gauge', help: 'Number of the term of this master; 0 while it has none.' },
  led: {
    name: 'gantry_master_leading_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'How long the present term of this master lasts; 0 while it has none.',
  },
  terms: { name: 'gantry_master_terms', type: 'counter', help: 'Terms that this master has begun.' },
  nodes: {
    name: 'gantry_nodes',
    type: 'gauge',
    help: 'Nodes: that answer the master, that should and do not (silent), and that are marked offline.',
    labels: ['state'],
  },
  objects: {
    name: 'gantry_configuration_objects',
    type: 'gauge',
    help: 'Objects of the configuration, by kind.',
    labels: ['kind'],
  },
  revision: {
    name: 'gantry_configuration_revision',
    type: 'gauge',
    help: 'Revision of the store up to which this master knows the configuration.',
  },
} as const satisfies Readonly<Record<string, MetricFamily>>;

/** Everything that a master counts but the requests to its REST server. */
export const masterFamilies: readonly MetricFamily[] = [
  ...Object.values(f),
  ...jobFamilies,
  ...storeFamilies,
  ...rpcFamilies,
  ...processFamilies,
];

/** What is looked at while a master leads. */
export interface ObservedTerm {
  readonly leadership: Pick<Leadership, 'term' | 'doubt'>;
  readonly store: Pick<Store, 'sizeBytes'>;
  readonly config: Config;
  readonly live: Pick<LiveState, 'node'>;
  readonly clock: Clock;
}

/** What a master counts over all its terms, and how its present term is. */
export class MasterMetrics implements MetricSource {
  readonly families = masterFamilies;
  readonly jobs = new JobMetrics();
  readonly store = new StoreMetrics();
  readonly rpc = new RpcMetrics();
  readonly #process = new ProcessMetrics();
  #terms = 0;
  #present: (ObservedTerm & { readonly since: number }) | undefined;

  beginTerm(term: ObservedTerm): void {
    this.#terms++;
    this.store.follow(() => term.store.sizeBytes?.());
    this.#present = { ...term, since: term.clock.now() };
  }

  endTerm(): void {
    this.#present = undefined;
    this.jobs.follow(undefined);
    this.store.follow(undefined);
  }

  measure(emit: Emit): void {
    const present = this.#present;
    emit(f.leading.name, present && !present.leadership.doubt() ? 1 : 0);
    emit(f.term.name, present?.leadership.term ?? 0);
    emit(f.led.name, present ? Math.max(0, present.clock.now() - present.since) / 1000 : 0);
    emit(f.terms.name, this.#terms);
    if (present) measureTerm(present, emit);
    for (const source of [this.jobs, this.store, this.rpc, this.#process]) source.measure(emit);
  }
}

function measureTerm({ config, live }: ObservedTerm, emit: Emit): void {
  const { nodes, groups, networks, instances, revision } = config.current;
  let [answering, silent, offline] = [0, 0, 0];
  for (const node of nodes.values()) {
    if (node.offline) offline++;
    else if (live.node(node.uuid)?.stale === false) answering++;
    else silent++;
  }
  emit(f.nodes.name, answering, 'answering');
  emit(f.nodes.name, silent, 'silent');
  emit(f.nodes.name, offline, 'offline');
  emit(f.objects.name, nodes.size, 'node');
  emit(f.objects.name, groups.size, 'group');
  emit(f.objects.name, networks.size, 'network');
  emit(f.objects.name, instances.size, 'instance');
  emit(f.revision.name, revision);
}
