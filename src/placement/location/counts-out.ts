import type { ConflictContext } from './conflict-context.ts';
import { type RuleDraft, ruleKind } from './draft-rules.ts';

/**
 * Whether counting alone shows that hard rules cannot be fulfilled: no allowed node, more members than the domains may have,
 * fewer domains than required, or a service that is needed where it cannot be. It is fast for any size, but does not find every
 * contradiction.
 */
export function countsOut(context: ConflictContext, drafts: readonly RuleDraft[]): boolean {
  const byService = Map.groupBy(drafts, ({ service }) => service);
  return [...byService.values()].some((own) => {
    const together = own.filter(({ kind }) => kind === ruleKind.together);
    if (!confinements(context, openNodes(context, own), together).some((nodes) => fits(context, own, nodes))) return true;
    return own.some((draft) => draft.kind === ruleKind.needs && !canMeet(context, draft, drafts));
  });
}

/** By node, 1: no rule closes it. */
export function openNodes({ layout }: ConflictContext, drafts: readonly RuleDraft[]): Uint8Array {
  const areas = drafts.flatMap(({ forbidden }) => (forbidden ? [forbidden] : []));
  return Uint8Array.from({ length: layout.nodeCount }, (_, n) => (areas.every((forbidden) => forbidden[n] === 0) ? 1 : 0));
}

/** All ways to choose one domain for each rule that wants its members in one. */
function confinements(context: ConflictContext, open: Uint8Array, rules: readonly RuleDraft[]): Uint8Array[] {
  const [first, ...rest] = rules;
  if (!first) return [open];
  const domainOf = context.layout.levels[first.level]?.domainOf as Int32Array;
  const domains = domainsIn(domainOf, open);
  return [...domains].flatMap((domain) =>
    confinements(
      context,
      open.map((one, n) => (one === 1 && domainOf[n] === domain ? 1 : 0)),
      rest,
    ),
  );
}

function domainsIn(domainOf: Int32Array, nodes: Uint8Array): Set<number> {
  return new Set(domainOf.filter((_, n) => nodes[n] === 1));
}

/** Whether members of one service could be on these nodes as far as counting tells. */
function fits({ layout }: ConflictContext, own: readonly RuleDraft[], nodes: Uint8Array): boolean {
  return own.every(({ kind, level, limit, members }) => {
    const domains = domainsIn(layout.levels[Math.max(0, level)]?.domainOf as Int32Array, nodes).size;
    if (domains === 0) return members.length === 0;
    if (kind === ruleKind.atMost) return members.length <= limit * domains;
    if (kind === ruleKind.atLeast) return domains >= Math.min(limit, members.length);
    return kind !== ruleKind.replicasApart || domains > 1;
  });
}

/** Whether members and the service that they need have a domain in common that is open to both. */
function canMeet(context: ConflictContext, needs: RuleDraft, drafts: readonly RuleDraft[]): boolean {
  const domainOf = context.layout.levels[needs.level]?.domainOf as Int32Array;
  const closing = (instance: number | undefined) =>
    drafts.filter(({ forbidden, members }) => forbidden && members.includes(instance ?? -1));
  const own = domainsIn(domainOf, openNodes(context, closing(needs.members[0])));
  return [...needs.others].some((other) => !own.isDisjointFrom(domainsIn(domainOf, openNodes(context, closing(other)))));
}
