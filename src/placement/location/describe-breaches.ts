import type { ClusterData } from '../cluster/cluster-data.ts';
import { ruleChange } from './count-rules.ts';
import { ruleKind } from './draft-rules.ts';
import { linkExcess, pairOf, uses } from './link-load.ts';
import type { RuleBreach } from './rule-book.ts';
import type { RuleTable } from './rule-table.ts';

/** What a placement would break more (`sign` 1) or less (-1) than now. */
export function describeChanges(cluster: ClusterData, table: RuleTable, i: number, p: number, s: number, sign: 1 | -1): RuleBreach[] {
  const { start, rules, roles, weight, primary, secondary } = table;
  const p0 = primary[i] as number;
  const s0 = secondary[i] as number;
  const found: RuleBreach[] = [];
  for (let k = start[i] as number; k < (start[i + 1] as number); k++) {
    const rule = rules[k] as number;
    const excess = ruleChange(table, rule, roles[k] as number, p0, s0, p, s) * sign;
    if (excess <= 0) continue;
    const detail = detailOf(cluster, table, rule, sign === 1 ? p : p0, sign === 1 ? s : s0);
    found.push({ rule: nameOf(table, rule), hard: weight[rule] === 0, excess, detail });
  }
  return [...found, ...linkChanges(table, i, p, s, sign)];
}

/** Everything that is broken as things stand. */
export function describeBreaches(cluster: ClusterData, table: RuleTable): RuleBreach[] {
  const { excess, weight, topology, linkLoad } = table;
  const found: RuleBreach[] = [];
  excess.forEach((by, rule) => {
    if (by > 0) found.push({ rule: nameOf(table, rule), hard: weight[rule] === 0, excess: by, detail: whatIsBroken(cluster, table, rule) });
  });
  topology.links.forEach((_, link) => {
    const by = linkExcess(table, link, linkLoad[link] as number);
    if (by > 0) found.push(linkBreach(table, link, by, linkLoad[link] as number));
  });
  return found;
}

const nameOf = ({ drafts }: RuleTable, rule: number): string => drafts[rule]?.name ?? '';

function linkChanges(table: RuleTable, i: number, p: number, s: number, sign: 1 | -1): RuleBreach[] {
  const { rate, primary, secondary, topology, linkLoad } = table;
  if ((rate[i] as number) === 0) return [];
  const before = pairOf(table, primary[i] as number, secondary[i] as number);
  const after = pairOf(table, p, s);
  return topology.links.flatMap((_, link) => {
    const load = linkLoad[link] as number;
    const newLoad = load + (rate[i] as number) * (Number(uses(table, after, link)) - Number(uses(table, before, link)));
    const excess = (linkExcess(table, link, newLoad) - linkExcess(table, link, load)) * sign;
    return excess > 0 ? [linkBreach(table, link, excess, sign === 1 ? newLoad : load)] : [];
  });
}

function linkBreach({ topology, linkRoom, linkWeight }: RuleTable, link: number, excess: number, load: number): RuleBreach {
  const name = topology.links[link]?.between.join(' - ') ?? '';
  const detail = `mirrored disks write ${Math.round(load / 1000)} Mbit/s, ${Math.round((linkRoom[link] as number) / 1000)} Mbit/s are free for them`;
  return { rule: `link ${name}: bandwidth`, hard: linkWeight[link] === 0, excess, detail };
}

/** Why a rule is broken by a placement on these nodes. */
function detailOf(cluster: ClusterData, table: RuleTable, rule: number, p: number, s: number): string {
  const draft = table.drafts[rule];
  if (!draft) return '';
  const node = (n: number) => cluster.nodes[n]?.name ?? 'no node';
  switch (draft.kind) {
    case ruleKind.area:
      return `${[p, s]
        .filter((n) => n >= 0 && draft.forbidden?.[n] === 1)
        .map(node)
        .join(' and ')} is not allowed`;
    case ruleKind.primaryArea:
      return `${node(p)} is elsewhere`;
    case ruleKind.replicasApart:
    case ruleKind.replicasWithin:
    case ruleKind.replicasNear:
      return pairDetail(table, rule, p, s, node);
    case ruleKind.near:
      return `from ${node(p)}, ${membersText(cluster, farFrom(table, rule, p))} would be too far`;
    case ruleKind.needs:
      return `${domainText(table, rule, p)} has ${membersText(cluster, within(table, rule, p, draft.others))} of the other service`;
    case ruleKind.apart:
      return `${domainText(table, rule, p)} has ${membersText(cluster, within(table, rule, p, draft.others))} of the other service and ${membersText(cluster, within(table, rule, p, draft.members))} of this`;
    default:
      return p < 0
        ? 'it is on no node'
        : `${domainText(table, rule, p)} has ${membersText(cluster, within(table, rule, p, draft.members))}`;
  }
}

function pairDetail(table: RuleTable, rule: number, p: number, s: number, node: (n: number) => string): string {
  if (table.kind[rule] !== ruleKind.replicasNear) {
    const [one, other] = [domainText(table, rule, p), domainText(table, rule, s)];
    return one === other ? `${node(p)} and ${node(s)} are both in ${one}` : `${node(p)} is in ${one}, ${node(s)} in ${other}`;
  }
  const pair = pairOf(table, p, s);
  return `${table.routes.latency[pair]} ms from ${node(p)} to ${node(s)}`;
}

/** E.g. `rack r2`. */
function domainText({ drafts, layout }: RuleTable, rule: number, n: number): string {
  const level = layout.levels[drafts[rule]?.level ?? -1];
  if (!level || n < 0) return 'no domain';
  return `${level.name} ${level.domainNames[level.domainOf[n] as number]}`;
}

const shown = 4;

/** E.g. `2 (web1, web4)`. */
function membersText({ instances }: ClusterData, members: readonly number[]): string {
  const names = members.slice(0, shown).map((i) => instances[i]?.name ?? '');
  const more = members.length > shown ? `, and ${members.length - shown} more` : '';
  return members.length === 0 ? 'none' : `${members.length} (${names.join(', ')}${more})`;
}

/** Those of `members` that are in the same domain as node n. */
function within({ drafts, layout, primary }: RuleTable, rule: number, n: number, members: Int32Array): number[] {
  const domainOf = layout.levels[drafts[rule]?.level ?? -1]?.domainOf;
  return [...members].filter((i) => primary[i] !== -1 && domainOf?.[primary[i] as number] === domainOf?.[n]);
}

function farFrom({ drafts, routes, primary, limit }: RuleTable, rule: number, n: number): number[] {
  const here = routes.classOf[n] as number;
  return [...(drafts[rule]?.members ?? [])].filter((i) => {
    const node = primary[i] as number;
    return node >= 0 && (routes.latency[here * routes.classCount + (routes.classOf[node] as number)] as number) > (limit[rule] as number);
  });
}

/** A broken rule in words: the domains or members that break it. */
function whatIsBroken(cluster: ClusterData, table: RuleTable, rule: number): string {
  const draft = table.drafts[rule];
  if (!draft) return '';
  const { primary, secondary } = table;
  const perMember = draft.kind >= ruleKind.near;
  const placed = [...draft.members].filter((i) => (primary[i] as number) >= 0);
  if (perMember) {
    const bad = placed.filter((i) => memberBreaks(table, rule, i));
    const first = bad[0] ?? 0;
    return `${membersText(cluster, bad)}; ${detailOf(cluster, table, rule, primary[first] as number, secondary[first] as number)}`;
  }
  const level = table.layout.levels[draft.level];
  const byDomain = Map.groupBy(placed, (i) => level?.domainOf[primary[i] as number] as number);
  const othersIn = new Set([...draft.others].flatMap((i) => ((primary[i] as number) < 0 ? [] : [level?.domainOf[primary[i] as number]])));
  const parts = [...byDomain].filter(([domain, members]) => {
    if (draft.kind === ruleKind.atMost) return members.length > draft.limit;
    if (draft.kind === ruleKind.needs) return !othersIn.has(domain);
    return draft.kind !== ruleKind.apart || othersIn.has(domain);
  });
  return parts.map(([domain, members]) => `${level?.name} ${level?.domainNames[domain]} has ${membersText(cluster, members)}`).join('; ');
}

function memberBreaks(table: RuleTable, rule: number, i: number): boolean {
  const p = table.primary[i] as number;
  if (table.kind[rule] === ruleKind.near) return farFrom(table, rule, p).length > 0;
  return ruleChange(table, rule, 1, -1, -1, p, table.secondary[i] as number) > 0;
}
