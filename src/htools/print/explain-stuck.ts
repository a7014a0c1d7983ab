import { supportsMoves } from '../../model/disk-templates/catalogue.ts';
import { type PreparedCluster, type RuleBook } from '../../placement/index.ts';

/** Why instances that break hard rules stay where they are, as far as that is their own doing: a line for each. */
export function explainStuck({ instances, nodes }: PreparedCluster, rules: RuleBook): string {
  const reasonOf = (i: number): string | undefined => {
    const { diskTemplate, autoBalance, movable, primary, secondary } = instances[i] as PreparedCluster['instances'][number];
    if (!supportsMoves(diskTemplate)) return `instances with disk template ${diskTemplate} are not moved`;
    if (!autoBalance) return 'it is excluded from balancing (auto_balance)';
    if (secondary >= 0 && nodes[primary]?.group !== nodes[secondary]?.group) return 'its nodes are in two node groups';
    return movable ? undefined : 'it is excluded from moving';
  };
  return rules
    .offenders('hard')
    .flatMap((i) => {
      const reason = reasonOf(i);
      return reason === undefined ? [] : [`  ${instances[i]?.name} stays: ${reason}\n`];
    })
    .join('');
}
