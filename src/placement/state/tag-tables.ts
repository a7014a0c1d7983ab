import type { PreparedCluster } from '../cluster/prepare-cluster.ts';

/** Tags as numbers, and how often which are where. Lists of tags lie one behind the other: those of row r from `start[r]` to `start[r + 1]`. */
export interface TagTables {
  readonly exclusionCount: number;
  readonly exclusions: TagLists;
  readonly locations: TagLists;
  /** Failure domains of nodes, and those that instances desire, as sets of bits: `words` numbers a row. */
  readonly words: number;
  readonly nodeDomains: Int32Array;
  readonly desiredDomains: Int32Array;
  readonly desiredCount: Int32Array;
  /** Primary instances by node and exclusion tag. */
  readonly onNode: Uint16Array;
  /** Primary instances on nodes that count by failure domain and exclusion tag. */
  readonly inDomain: Int32Array;
  /** Instances in `inDomain` beyond the first, over all pairs: one number. */
  readonly domainConflicts: Int32Array;
  /** `migration[from * nodes + to]` is 1 when an instance may be migrated so. Undefined when nothing restricts it. */
  readonly migration: Uint8Array | undefined;
}

export interface TagLists {
  readonly start: Int32Array;
  readonly tags: Int32Array;
}

export function createTagTables(data: PreparedCluster, spare: number): TagTables {
  const { nodes, instances } = data;
  const exclusionIds = intern(instances.flatMap(({ exclusionTags }) => exclusionTags));
  const domainIds = intern([
    ...nodes.flatMap(({ locationTags }) => locationTags),
    ...instances.flatMap(({ desiredLocationTags }) => desiredLocationTags),
  ]);
  const words = Math.ceil(domainIds.size / 32);
  const rows = instances.length + spare;
  const desired = instances.map(({ desiredLocationTags }) => desiredLocationTags);
  return {
    exclusionCount: exclusionIds.size,
    exclusions: lists(
      instances.map(({ exclusionTags }) => exclusionTags),
      exclusionIds,
      rows,
    ),
    locations: lists(
      nodes.map(({ locationTags }) => locationTags),
      domainIds,
      nodes.length,
    ),
    words,
    nodeDomains: bits(
      nodes.map(({ locationTags }) => locationTags),
      domainIds,
      words,
      nodes.length,
    ),
    desiredDomains: bits(desired, domainIds, words, rows),
    desiredCount: Int32Array.from({ length: rows }, (_, i) => new Set(desired[i] ?? []).size),
    onNode: new Uint16Array(nodes.length * exclusionIds.size),
    inDomain: new Int32Array(domainIds.size * exclusionIds.size),
    domainConflicts: new Int32Array(1),
    migration: migrations(data),
  };
}

/** Domains that two nodes share. */
export function sharedDomains({ nodeDomains, words }: TagTables, a: number, b: number): number {
  let shared = 0;
  for (let w = 0; w < words; w++) shared += ones((nodeDomains[a * words + w] as number) & (nodeDomains[b * words + w] as number));
  return shared;
}

/** Desired domains of an instance that a node is not in. */
export function unmetDesires({ nodeDomains, desiredDomains, desiredCount, words }: TagTables, i: number, n: number): number {
  const desired = desiredCount[i] as number;
  if (desired === 0) return 0;
  let met = 0;
  for (let w = 0; w < words; w++) met += ones((desiredDomains[i * words + w] as number) & (nodeDomains[n * words + w] as number));
  return desired - met;
}

/** Bits that are set. */
function ones(bits32: number): number {
  let v = bits32 - ((bits32 >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function intern(tags: readonly string[]): ReadonlyMap<string, number> {
  return new Map([...new Set(tags)].sort().map((tag, id) => [tag, id]));
}

function lists(rows: readonly (readonly string[])[], ids: ReadonlyMap<string, number>, count: number): TagLists {
  const start = new Int32Array(count + 1);
  for (let r = 0; r < count; r++) start[r + 1] = (start[r] as number) + (rows[r]?.length ?? 0);
  return { start, tags: Int32Array.from(rows.flat(), (tag) => ids.get(tag) as number) };
}

function bits(rows: readonly (readonly string[])[], ids: ReadonlyMap<string, number>, words: number, count: number): Int32Array {
  const set = new Int32Array(count * words);
  rows.forEach((tags, r) => {
    for (const tag of tags) {
      const id = ids.get(tag) as number;
      const at = r * words + (id >>> 5);
      set[at] = (set[at] as number) | (1 << (id & 31));
    }
  });
  return set;
}

function migrations({ nodes }: PreparedCluster): Uint8Array | undefined {
  if (nodes.every(({ migrationTags }) => migrationTags.length === 0)) return undefined;
  const received = nodes.map(({ receivedMigrationTags }) => new Set(receivedMigrationTags));
  const allowed = new Uint8Array(nodes.length * nodes.length);
  nodes.forEach(({ migrationTags }, from) => {
    received.forEach((set, to) => {
      allowed[from * nodes.length + to] = Number(migrationTags.every((tag) => set.has(tag)));
    });
  });
  return allowed;
}
