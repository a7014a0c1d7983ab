import { failNames } from '../state/fail-mode.ts';
import type { Allocator } from './allocator.ts';
import { findPair } from './find-pair.ts';
import { type Candidates, type Finding, findPlace } from './find-place.ts';
import { staysRedundant } from './redundancy.ts';
import type { Place, Wanted } from './search.ts';
import { weighNodes } from './weigh-nodes.ts';

export interface AllocationRequest {
  readonly requiredNodes: number;
  /** Position of the only group that may be used. Its allocation policy is then ignored. */
  readonly group?: number | undefined;
  /** Groups that may be used; undefined: all. */
  readonly groups?: readonly number[] | undefined;
  /** Names of the only nodes that may be used. */
  readonly restrictToNodes?: readonly string[] | undefined;
  /** Return only the place, without the results of each group and the log: much faster in a large cluster. */
  readonly silent?: boolean | undefined;
}

/** What a group offers; `error`: why nothing was looked for. */
export interface GroupOffer {
  readonly group: number;
  readonly finding?: Finding | undefined;
  readonly error?: string | undefined;
}

export interface Allocation {
  readonly place: Place | undefined;
  /** Position of the group that it is in. */
  readonly group: number | undefined;
  /** In the order of the groups. */
  readonly offers: readonly GroupOffer[];
  /** What was found, group by group, in the form that scripts know from hail. */
  readonly log: readonly string[];
}

/**
 * Looks for the best place of an instance: in each group that is connected to its networks, then in the group with the
 * better policy, then the better score. Nothing is placed.
 */
export function allocate(allocator: Allocator, wanted: Wanted, request: AllocationRequest): Allocation {
  const { state } = allocator;
  const { groups } = state.data;
  const { inScope } = allocator.search;
  const asked = request.group === undefined ? inScope : [request.group];
  const allowed = asked.filter((group) => request.groups?.includes(group) ?? true);
  const connected = allowed.filter((group) => isConnected(allocator, wanted, group));
  const unconnected = allowed
    .filter((group) => !connected.includes(group))
    .map((group) => unconnectedText(groups[group]?.name, wanted, request.group !== undefined));
  const offers = lookThrough(allocator, wanted, request, connected);
  const best = request.group === undefined ? bestOffer(allocator, offers) : offers.find(({ finding }) => finding?.place);
  if (request.silent) return { place: best?.finding?.place, group: best?.group, offers, log: [] };
  const log = [...unconnected, ...offers.map((offer) => describeOffer(allocator, offer, request.group !== undefined))];
  if (allowed.length === 0)
    log.push(
      `no groups for evacuation: allowed groups was ${allowedText(request)}, all groups: ${inScope.map((group) => groups[group]?.name).join(', ')}`,
    );
  const selected = request.group === undefined && best ? [`Selected group: ${groups[best.group]?.name}`] : [];
  return { place: best?.finding?.place, group: best?.group, offers, log: [...selected, ...log] };
}

const allowedText = ({ groups = [] }: AllocationRequest): string => `Just [${groups.join(',')}]`;

const unconnectedText = (group: string | undefined, { instance }: Wanted, alone: boolean): string =>
  `${alone ? 'The group' : 'group'} ${group} is not connected to a network required by instance ${instance.name}`;

function isConnected({ state }: Allocator, { instance }: Wanted, group: number): boolean {
  const networks = state.data.groups[group]?.networks ?? [];
  return instance.nics.every(({ network }) => network === undefined || networks.includes(network));
}

function lookThrough(allocator: Allocator, wanted: Wanted, request: AllocationRequest, groups: readonly number[]): GroupOffer[] {
  const { search } = allocator;
  const lists = groups.map((group) => groupCandidates(allocator, group, request));
  const all = joined(lists.map(({ primaries }) => primaries));
  const pairs = request.requiredNodes === 2;
  weighNodes(search, wanted, all, pairs ? all : new Int32Array());
  const redundancy = needsProof(allocator, wanted) ? allocator.redundancy : undefined;
  const least = new Map<number, number>();
  return groups.map((group, k): GroupOffer => {
    const { primaries } = lists[k] as Candidates;
    if (request.requiredNodes > 2 || request.requiredNodes < 1)
      return { group, error: 'Unsupported number of nodes, only one or two  supported' };
    if (primaries.length < request.requiredNodes) return { group, error: pairs ? 'Not enough online nodes' : 'No online nodes' };
    const others = () => joined(lists.filter((_, other) => other !== k && mayTake(allocator, groups[other])).map((list) => list.primaries));
    // If only the place is needed, a group need not be searched for places that are worse than one in a group with the same policy.
    const rank = policyRank(allocator, group);
    const atMost = request.silent ? least.get(rank) : undefined;
    const options = { redundancy, silent: request.silent, atMost };
    const finding = pairs ? findPair(allocator, wanted, primaries, others, options) : findPlace(search, wanted, { primaries }, options);
    if (finding.place) least.set(rank, Math.min(least.get(rank) ?? Number.POSITIVE_INFINITY, finding.place.score));
    return { group, finding };
  });
}

const mayTake = ({ state }: Allocator, group: number | undefined): boolean =>
  group !== undefined && state.data.groups[group]?.allocPolicy !== 'unallocable';

function joined(lists: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(lists.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return all;
}

/** Whether global N+1 must be asked for each candidate. */
export function needsProof({ redundancy, search }: Allocator, wanted: Wanted): boolean {
  return redundancy !== undefined && !staysRedundant(redundancy, wanted, search.force);
}

function groupCandidates({ state, search }: Allocator, group: number, { restrictToNodes }: AllocationRequest): Candidates {
  const online = search.online.get(group) ?? new Int32Array();
  if (!restrictToNodes) return { primaries: online };
  const names = new Set(restrictToNodes);
  return { primaries: online.filter((n) => names.has(state.data.nodes[n]?.name ?? '')) };
}

const policyOrder = { preferred: 0, last_resort: 1, unallocable: 2 } as const;

const policyRank = ({ state }: Allocator, group: number): number => policyOrder[state.data.groups[group]?.allocPolicy ?? 'unallocable'];

/** Of equals the last. */
function bestOffer(allocator: Allocator, offers: readonly GroupOffer[]): GroupOffer | undefined {
  const rank = ({ group }: GroupOffer) => policyRank(allocator, group);
  const score = ({ finding }: GroupOffer) => finding?.place?.score ?? Number.POSITIVE_INFINITY;
  return offers
    .filter((offer) => offer.finding?.place && rank(offer) < policyOrder.unallocable)
    .reverse()
    .sort((a, b) => rank(a) - rank(b) || score(a) - score(b))[0];
}

function describeOffer({ state }: Allocator, { group, finding, error }: GroupOffer, alone: boolean): string {
  const { name = '', allocPolicy = '' } = state.data.groups[group] ?? {};
  if (finding) return `Group ${name} (${allocPolicy}): ${describeFinding(finding, state.data.nodes, (score) => score.toFixed(8))}`;
  return alone ? `${error}` : `Group ${name}: error ${error}`;
}

/** The counts of a search in one line. */
export function describeFinding(
  { place, successes, failures, refusedByRules }: Finding,
  nodes: readonly { readonly name: string }[],
  format: (score: number) => string,
): string {
  const reasons = [...failures].flatMap((count, mode) => (count > 0 ? [`${failNames[mode]}: ${count}`] : []));
  if (refusedByRules > 0) reasons.push(`location rules: ${refusedByRules}`);
  if (!place) return `No valid allocation solutions, failure reasons: ${reasons.join(', ') || 'unknown reasons'}`;
  const total = failures.reduce((sum, count) => sum + count, 0) + refusedByRules;
  const names = [place.primary, place.secondary].flatMap((n) => (n >= 0 ? [nodes[n]?.name] : []));
  return `score: ${format(place.score)}, successes ${successes}, failures ${total} (${reasons.join(', ')}) for node(s) ${names.join('/')}`;
}
