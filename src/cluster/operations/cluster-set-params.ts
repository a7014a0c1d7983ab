import { closestName, GantryError } from '../../base/index.ts';
import { defineOperation } from '../../jobs/index.ts';
import {
  builtInCollectors,
  type Cluster,
  canBePlugin,
  defaultBeparams,
  defaultNdparams,
  defaultNicparams,
  type HypervisorName,
  type Nicparams,
  nicparamsProblem,
  type OpcodeParams,
  opcodes,
  requireBuilt,
  resetWord,
  withGiven,
} from '../../model/index.ts';
import type { ClusterParts } from '../cluster-parts.ts';
import { readHvparams } from '../lib/instances/new-instance.ts';
import { declaredSecrets } from '../lib/instances/osparams.ts';
import { requireBeparams } from '../lib/instances/require-beparams.ts';
import { requireIpolicy } from '../lib/instances/require-ipolicy.ts';
import { settleClusterOsparams } from '../lib/instances/seal-osparams.ts';
import { fillCandidatePool } from '../lib/nodes/candidate-pool.ts';
import { withGivenEach } from '../lib/with-given-each.ts';
import { checkClusterLocation } from '../placement/cluster-location.ts';

type Params = OpcodeParams<typeof opcodes.clusterSetParams>;

/** Parameter families whose given members replace the old ones one by one. */
const merged = ['beparams', 'ndparams'] as const;
/** What counts again where one of them is reset: the cluster is the highest level. */
const builtIn = { beparams: defaultBeparams, ndparams: defaultNdparams };
/** Families of families: by hypervisor or disk template. */
const mergedTwice = ['hvparams', 'diskparams'] as const;
/** By OS; one without any parameter is not kept. */
const mergedByOs = ['osparams', 'osparams_private_cluster'] as const;
const replaced = ['enabled_hypervisors', 'enabled_disk_templates', 'candidate_pool_size', 'max_running_jobs', 'location'] as const;

export const clusterSetParams = ({ live, secrets }: ClusterParts) =>
  defineOperation(opcodes.clusterSetParams, {
    async plan({ config, log }, given): Promise<{ changes: Params; uuid: string }> {
      const params = settleClusterOsparams(secrets, (os) => declaredSecrets(config, live, os), given);
      const after = applied(config.cluster, params);
      for (const [hypervisor, own] of Object.entries(after.hvparams)) readHvparams(hypervisor as HypervisorName, own);
      for (const byHypervisor of Object.values(after.os_hvp)) {
        for (const [hypervisor, own] of Object.entries(byHypervisor)) readHvparams(hypervisor as HypervisorName, own);
      }
      if (params.beparams) requireBeparams(after.beparams, 'OP_CLUSTER_SET_PARAMS');
      if (params.ipolicy?.minmax || params.ipolicy?.std) requireIpolicy(after.ipolicy, 'OP_CLUSTER_SET_PARAMS');
      const wrongNics = nicparamsProblem(after.nicparams);
      if (wrongNics !== null)
        throw new GantryError('INPUT_INVALID', { subject: 'OP_CLUSTER_SET_PARAMS', field: 'nicparams', problem: wrongNics });
      requireBuilt(params);
      checkCollectors(params, log);
      if (params.location) await checkClusterLocation(config, live, params.location);
      return { changes: params, uuid: config.cluster.uuid };
    },
    steps: ({ changes, uuid }) => [
      {
        id: 'change-cluster',
        title: 'change the cluster',
        commit(draft) {
          draft.update('cluster', uuid, (old) => applied(old, changes));
          if (changes.candidate_pool_size) fillCandidatePool(draft, [...draft.snapshot.nodes.values()], changes.candidate_pool_size);
        },
      },
    ],
    result: () => null,
  });

function applied(cluster: Cluster, params: Params): Cluster {
  const changed: Record<string, unknown> = {};
  for (const key of merged) if (params[key]) changed[key] = { ...builtIn[key], ...withGiven<object>(cluster[key], params[key]) };
  if (params.ipolicy) changed['ipolicy'] = { ...cluster.ipolicy, ...params.ipolicy };
  for (const key of mergedTwice) if (params[key]) changed[key] = withGivenEach<unknown>(cluster[key] ?? {}, params[key]);
  for (const key of mergedByOs) {
    if (!params[key]) continue;
    const after = Object.entries(withGivenEach<string>(cluster[key] ?? {}, params[key]));
    changed[key] = Object.fromEntries(after.filter(([, values]) => Object.keys(values).length > 0));
  }
  if (params.nicparams) changed['nicparams'] = nicparamsAfter(cluster.nicparams, params.nicparams);
  if (params.mac_prefix) changed['mac_prefix'] = params.mac_prefix.toLowerCase();
  for (const key of replaced) if (params[key] !== undefined) changed[key] = params[key];
  if (params.os_hvp) {
    const osHvp: Cluster['os_hvp'] = { ...cluster.os_hvp };
    for (const [os, byHypervisor] of Object.entries(params.os_hvp)) osHvp[os] = withGivenEach(osHvp[os] ?? {}, byHypervisor);
    changed['os_hvp'] = osHvp;
  }
  return { ...cluster, ...changed, data_collectors: withCollectors(cluster, params) };
}

/** Link and VLAN mean something else in another mode: they are not kept then. */
function nicparamsAfter(old: Nicparams, given: NonNullable<Params['nicparams']>): Nicparams {
  const after = { ...defaultNicparams, ...withGiven(old, given) };
  if (after.mode === old.mode) return after;
  const isBuiltIn = after.mode === defaultNicparams.mode;
  const own = (name: 'link' | 'vlan') => (given[name] === resetWord && isBuiltIn ? defaultNicparams[name] : '');
  return { ...after, link: own('link'), vlan: own('vlan'), ...withGiven<Partial<Nicparams>>({}, given) };
}

/** What no collector can be named is refused; what may be a plugin on some node is set, and told of. What is only taken away may have any name. */
function checkCollectors(
  { enabled_data_collectors: active = {}, data_collector_interval: interval = {} }: Params,
  log: (text: string) => void,
) {
  const given = [...Object.entries(active), ...Object.entries(interval)].flatMap(([name, value]) => (value === null ? [] : [name]));
  const known = Object.keys(builtInCollectors);
  for (const name of new Set(given)) {
    if (Object.hasOwn(builtInCollectors, name)) continue;
    const close = closestName(name, known);
    const hint = close === undefined ? '' : ` Did you mean "${close}"?`;
    if (!canBePlugin(name)) throw new GantryError('MONITOR_COLLECTOR_UNKNOWN', { name, hint, names: known.join(', ') });
    log(`Warning: no agent has a collector named ${name} of its own; this counts for plugins of that name alone.${hint}`);
  }
}

/** Null takes a setting away, and a collector without any is not kept. */
function withCollectors({ data_collectors = {} }: Cluster, params: Params): NonNullable<Cluster['data_collectors']> {
  const { enabled_data_collectors: active, data_collector_interval: interval, diagnose_data_collector_filename: diagnose } = params;
  const command = diagnose === undefined ? undefined : { 'node-health': diagnose || null };
  const result = { ...data_collectors };
  for (const [setting, values] of Object.entries({ active, interval, command })) {
    for (const [name, value] of Object.entries(values ?? {})) {
      const { [setting as 'active']: _old, ...others } = result[name] ?? {};
      const next = value === null ? others : { ...others, [setting]: value };
      if (Object.keys(next).length > 0) result[name] = next;
      else delete result[name];
    }
  }
  return result;
}
