import { clusterKind } from './cluster-kind.ts';
import { exportKind } from './export-kind.ts';
import { filterKind } from './filter-kind.ts';
import { groupKind } from './group-kind.ts';
import { instanceKind } from './instance/instance-kind.ts';
import { jobKind } from './job-kind.ts';
import type { Kind } from './kind.ts';
import { lockKind } from './lock-kind.ts';
import { networkKind } from './network-kind.ts';
import { nodeKind } from './node-kind.ts';
import { osKind } from './os-kind.ts';

/** Only objects that came from a kind are given to it again. */
const erased = <Item>(kind: Kind<Item>) => kind as unknown as Kind<unknown>;

/** Every kind of object that can be queried, by its name. */
export const kinds: ReadonlyMap<string, Kind<unknown>> = new Map(
  [
    erased(instanceKind),
    erased(nodeKind),
    erased(groupKind),
    erased(networkKind),
    erased(jobKind),
    erased(lockKind),
    erased(exportKind),
    erased(filterKind),
    erased(clusterKind),
    erased(osKind),
  ].map((kind) => [kind.name, kind]),
);
