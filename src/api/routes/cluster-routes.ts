import { createHash } from 'node:crypto';
import { Type } from 'typebox';
import type { Cluster } from '../../model/index.ts';
import { osKind, plainRow, rowSchema } from '../../query/index.ts';
import type { ApiContext } from '../api-options.ts';
import { clusterInfo, InfoResult } from '../rows/cluster-info.ts';
import { commonOses } from './os-list.ts';
import { bulkQuery, isSet } from './query-params.ts';
import { wholeView } from './resource-routes.ts';
import { component, Reply, type Route } from './route.ts';
import { tagRoutes } from './tag-routes.ts';

const cluster = () => [{ kind: 'cluster', name: 'cluster' }];

/** Optional parts of Ganeti's interface; clients look for them before they use the newer form of a request. */
const features = ['instance-reinstall-reqv1', 'node-migrate-reqv1', 'instance-create-reqv1', 'node-evac-res1'];

interface InfoText {
  readonly master: string | undefined;
  readonly version: string;
  readonly reply: Reply;
}

const infoTexts = new WeakMap<Cluster, InfoText>();

/** The text of `/2/info`; it stays the same while the cluster object and the name of the master do. */
function infoReply(context: ApiContext): Reply {
  const { services, version } = context;
  const { current } = services.config;
  const master = current.nodes.get(current.cluster.master_node)?.name;
  const known = infoTexts.get(current.cluster);
  if (known && known.master === master && known.version === version) return known.reply;
  const { body } = new Reply(JSON.stringify(clusterInfo(wholeView(context), version)));
  // Of all that it says: another build may say more of the same cluster.
  const reply = new Reply(body, `"${createHash('sha256').update(body).digest('hex').slice(0, 32)}"`);
  infoTexts.set(current.cluster, { master, version, reply });
  return reply;
}

const reading: Route[] = [
  {
    method: 'GET',
    path: '/',
    tag: 'server',
    summary: 'Nothing, for old clients',
    permission: 'server:read',
    result: Type.Null(),
    handle: () => null,
  },
  {
    method: 'GET',
    path: '/2',
    tag: 'server',
    summary: 'Nothing, for old clients',
    permission: 'server:read',
    result: Type.Null(),
    handle: () => null,
  },
  {
    method: 'GET',
    path: '/version',
    tag: 'server',
    summary: 'Version of the interface',
    permission: 'server:read',
    result: Type.Literal(2),
    handle: () => 2,
  },
  {
    method: 'GET',
    path: '/2/info',
    tag: 'cluster',
    summary: 'The cluster and its parameters',
    permission: 'cluster:read',
    objects: cluster,
    result: InfoResult,
    tagged: true,
    handle: (_, context) => infoReply(context),
  },
  {
    method: 'GET',
    path: '/2/features',
    tag: 'server',
    summary: 'Optional parts of the interface',
    permission: 'server:read',
    result: Type.Array(Type.String()),
    handle: () => features,
  },
  {
    method: 'GET',
    path: '/2/os',
    tag: 'cluster',
    summary: 'Operating systems that every node has',
    permission: 'cluster:read',
    objects: cluster,
    query: bulkQuery,
    result: Type.Union([
      Type.Array(Type.String(), { description: 'Without "bulk": names, with "+" and the variant where there are variants' }),
      Type.Array(component('os_row', rowSchema(osKind.rowFields)), { description: 'With "bulk"' }),
    ]),
    handle: async ({ query }, context) => {
      const oses = await commonOses(context);
      if (!isSet(query, 'bulk')) {
        return oses.flatMap(({ name, variants }) => (variants.length > 0 ? variants.map((variant) => `${name}+${variant}`) : [name]));
      }
      const view = wholeView(context);
      return oses.map((os) => plainRow(osKind.rowFields, os, view));
    },
  },
  {
    method: 'GET',
    path: '/2/filters',
    tag: 'job',
    summary: 'Job filters; there are none in this version',
    permission: 'job:read',
    query: bulkQuery,
    result: Type.Array(Type.Unknown()),
    handle: () => [],
  },
];

export const clusterRoutes: readonly Route[] = [
  ...reading,
  ...tagRoutes('cluster', '/2/tags', undefined, (_, { services }) => services.config.current.cluster.tags),
];
