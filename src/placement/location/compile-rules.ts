import { type ClusterData, noNode } from '../cluster/cluster-data.ts';
import { guards, ruleApply, ruleChange, ruleRefuses } from './count-rules.ts';
import { describeBreaches, describeChanges } from './describe-breaches.ts';
import { migrationRules } from './draft-rules.ts';
import { bookLinks, linkChange, linkExcess, pairOf, uses } from './link-load.ts';
import { createMigrationGate } from './migration-gate.ts';
import { planRules } from './plan-rules.ts';
import { createRoutes } from './routes.ts';
import { createRuleChange, type RuleBook } from './rule-book.ts';
import { createRuleTable, type RuleTable, role } from './rule-table.ts';
import type { Service } from './service.ts';
import type { Topology } from './topology.ts';

/**
 * Makes the rules of location ready for the search, with the instances where the cluster has them. A forthcoming instance
 * with `noNode` is known and not placed.
 * @throws LOCATION_UNKNOWN, LOCATION_DUPLICATE, LOCATION_CYCLE, LOCATION_NODE_TWICE, LOCATION_INVALID
 *
 * @example
 * const book = compileRules(cluster, topology, services);
 * book.weigh(3, 7, noNode, out); // out[0] > 0: instance 3 on node 7 would break a hard rule
 */
export function compileRules(cluster: ClusterData, topology: Topology, services: readonly Service[]): RuleBook {
  const { layout, members, drafts } = planRules(cluster, topology, services);
  const table = createRuleTable(cluster, topology, layout, createRoutes(cluster, topology, layout), drafts);
  const gate = createMigrationGate(layout, topology, migrationRules(layout, members, services), cluster.instances.length);
  const book = createRuleBook(cluster, table, gate);
  cluster.instances.forEach(({ primary, secondary }, i) => book.place(i, primary, secondary));
  return book;
}

type MayMigrate = RuleBook['mayMigrate'];

function createRuleBook(cluster: ClusterData, table: RuleTable, mayMigrate: MayMigrate): RuleBook {
  const { start, rules, roles, weight, excess, primary, secondary, rate } = table;
  const change = createRuleChange();
  let hard = 0;
  let soft = 0;

  const weigh = (i: number, p: number, s: number, out: Float64Array): void => {
    const p0 = primary[i] as number;
    const s0 = secondary[i] as number;
    out.fill(0);
    const end = start[i + 1] as number;
    for (let k = start[i] as number; k < end; k++) {
      const rule = rules[k] as number;
      const by = ruleChange(table, rule, roles[k] as number, p0, s0, p, s);
      if (by === 0) continue;
      const cost = weight[rule] as number;
      if (cost === 0) {
        out[0] = (out[0] as number) + by;
        if (by > 0) out[2] = (out[2] as number) + by;
      } else out[1] = (out[1] as number) + by * cost;
    }
    if ((rate[i] as number) > 0) linkChange(table, rate[i] as number, p0, s0, p, s, out);
  };

  const place = (i: number, p: number, s: number): void => {
    const p0 = primary[i] as number;
    const s0 = secondary[i] as number;
    const end = start[i + 1] as number;
    for (let k = start[i] as number; k < end; k++) {
      const rule = rules[k] as number;
      const by = ruleApply(table, rule, roles[k] as number, p0, s0, p, s);
      if (by === 0) continue;
      excess[rule] = (excess[rule] as number) + by;
      const cost = weight[rule] as number;
      if (cost === 0) hard += by;
      else soft += by * cost;
    }
    if ((rate[i] as number) > 0) {
      change.fill(0);
      linkChange(table, rate[i] as number, p0, s0, p, s, change);
      hard += change[0] as number;
      soft += change[1] as number;
      bookLinks(table, -(rate[i] as number), p0, s0);
      bookLinks(table, rate[i] as number, p, s);
    }
    primary[i] = p;
    secondary[i] = s;
  };

  const guard = guardsOf(table);
  const admits = (i: number, node: number): boolean => {
    const end = guard.start[i + 1] as number;
    for (let k = guard.start[i] as number; k < end; k++) {
      if (ruleRefuses(table, guard.rules[k] as number, guard.roles[k] as number, node)) return false;
    }
    return true;
  };

  return {
    get hard() {
      return hard;
    },
    get soft() {
      return soft;
    },
    weigh,
    admits,
    place,
    mayMigrate,
    explain: (i, p, s) => describeChanges(cluster, table, i, p, s, 1),
    relief: (i, p, s) => describeChanges(cluster, table, i, p, s, -1),
    breaches: () => describeBreaches(cluster, table),
    offenders: (which) => offendersOf(table, which === 'hard'),
  };
}

/** Of the entries of the table those that may refuse an instance that comes from nowhere. */
function guardsOf({ start, rules, roles, kind, weight }: RuleTable): Pick<RuleTable, 'start' | 'rules' | 'roles'> {
  const kept: number[] = [];
  const begin = new Int32Array(start.length);
  for (let i = 0; i + 1 < start.length; i++) {
    for (let k = start[i] as number; k < (start[i + 1] as number); k++) {
      const rule = rules[k] as number;
      if (guards(kind[rule] as number, weight[rule] as number, roles[k] as number)) kept.push(k);
    }
    begin[i + 1] = kept.length;
  }
  return { start: begin, rules: Int32Array.from(kept, (k) => rules[k] as number), roles: Uint8Array.from(kept, (k) => roles[k] as number) };
}

/** Those who would lessen a broken rule by leaving; all its members where no one alone could (two racks equally full, say). */
function offendersOf(table: RuleTable, hardOnly: boolean): number[] {
  const { drafts, excess, weight, primary, secondary } = table;
  const found = new Set<number>(overloaders(table, hardOnly));
  drafts.forEach(({ members }, rule) => {
    if (excess[rule] === 0 || (hardOnly && weight[rule] !== 0)) return;
    const placed = members.filter((i) => primary[i] !== noNode);
    const guilty = placed.filter(
      (i) => ruleChange(table, rule, role.member, primary[i] as number, secondary[i] as number, noNode, noNode) < 0,
    );
    for (const i of guilty.length > 0 ? guilty : placed) found.add(i);
  });
  return [...found].sort((a, b) => a - b);
}

/** Instances whose mirrors cross a link that carries too much. */
function overloaders(table: RuleTable, hardOnly: boolean): number[] {
  const { rate, primary, secondary, linkLoad, linkWeight } = table;
  const full = [...linkLoad.keys()].filter((link) => {
    return linkExcess(table, link, linkLoad[link] as number) > 0 && !(hardOnly && linkWeight[link] !== 0);
  });
  if (full.length === 0) return [];
  return [...primary.keys()].filter((i) => {
    const pair = (rate[i] as number) > 0 ? pairOf(table, primary[i] as number, secondary[i] as number) : -1;
    return full.some((link) => uses(table, pair, link));
  });
}
