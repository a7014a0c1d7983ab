import { clusterRoutes } from './cluster-routes.ts';
import { groupRoutes } from './group-routes.ts';
import { instanceRoutes } from './instance-routes.ts';
import { jobRoutes } from './job-routes.ts';
import { joinRoutes } from './join-routes.ts';
import { networkRoutes } from './network-routes.ts';
import { nodeRoutes } from './node-routes.ts';
import { notYetRoutes } from './not-yet-routes.ts';
import { opcodeRoutes } from './opcode-routes.ts';
import { queryRoutes } from './query-routes.ts';
import type { Route } from './route.ts';
import { serverRoutes } from './server-routes.ts';

const key = ({ method, path }: Route) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`;

const offered = [
  ...serverRoutes,
  ...clusterRoutes,
  ...nodeRoutes,
  ...joinRoutes,
  ...instanceRoutes,
  ...groupRoutes,
  ...networkRoutes,
  ...jobRoutes,
  ...queryRoutes,
  ...opcodeRoutes,
];
const taken = new Set(offered.map(key));

/** Every resource. An opcode that gets a REST binding replaces the page that says it is missing. */
export const allRoutes: readonly Route[] = [...offered, ...notYetRoutes.filter((route) => !taken.has(key(route)))];
