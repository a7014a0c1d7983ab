import type { DomainLoss, LinkUse, Survivability } from '../../placement/index.ts';

const shown = 5;

/** What the loss of each domain would do, for people: a line for each domain that would be missed, and one for the rest. */
export function printSurvivability({ losses }: Survivability): string {
  const harmful = losses.filter(({ lost, services }) => lost.length + services.length > 0);
  const harmless = losses.length - harmful.length;
  const rest = `${harmless} of ${losses.length} failure domains can be lost without harm.`;
  return [...harmful.flatMap(printLoss), rest, ''].join('\n');
}

function printLoss({ level, domain, stopped, lost, services }: DomainLoss): string[] {
  const reasons = [...Map.groupBy(lost, ({ reason }) => reason)].map(
    ([reason, those]) =>
      `  cannot restart, ${reason}: ${listed(
        those.map(({ instance }) => instance),
        those.length,
      )}`,
  );
  const below = services.map(({ service, minimum, alive, recovered }) => {
    const lasting = recovered < minimum ? `and ${recovered} once all others are restarted` : 'until the others are restarted';
    return `  service ${service} has ${alive} of ${minimum} members alive, ${lasting}`;
  });
  return [
    `If ${level} ${domain} fails, ${stopped} instance${stopped === 1 ? '' : 's'} stop${stopped === 1 ? 's' : ''}:`,
    ...reasons,
    ...below,
  ];
}

/** Replication links, the busiest first. */
export function printBottlenecks(links: readonly LinkUse[]): string {
  const lines = links.map(({ between, bandwidth, otherLoad, mirrorLoad, use, instances, unmeasured }) => {
    const limit = bandwidth === undefined ? 'no limit' : `${Math.round(use * 100)} % of ${bandwidth} Mbit/s`;
    const guess = unmeasured > 0 ? `, ${unmeasured} of them not measured` : '';
    const mirrors = `${instances.length} mirror${instances.length === 1 ? '' : 's'}${guess}`;
    return `${between.join(' - ')}: ${limit}${use > 1 ? ', OVERLOADED' : ''}; ${Math.round(mirrorLoad)} Mbit/s of ${mirrors}, ${otherLoad} Mbit/s of others`;
  });
  return [...lines, ''].join('\n');
}

const listed = (names: readonly string[], count: number): string =>
  `${names.slice(0, shown).join(', ')}${count > shown ? ` and ${count - shown} more` : ''}`;
