import type { Static } from 'typebox';
import type { Domain, Location, LocationRule, Service } from '../../placement/index.ts';
import { checkEntries } from './check-entries.ts';
import { type LocatedDocument, locateDocument } from './located-document.ts';
import { LocationFile, type RuleEntry, type ServiceEntry } from './location-schema.ts';

type FileEntry = Static<typeof LocationFile.File>;
type DomainEntry = Static<typeof LocationFile.Domain>;
type Path = readonly (string | number)[];

/**
 * The text of a location file as data. What names refer to is checked when the rules are compiled for a cluster.
 * @throws LOCATION_SYNTAX, LOCATION_INVALID with file and line
 */
export function parseLocation(text: string, file: string): Location {
  const document = locateDocument(text, file);
  const entries = checkEntries(LocationFile.File, document) as FileEntry;
  const { levels = [], links = [], migration = [], services = [] } = entries;
  return {
    topology: {
      levels,
      domains: flatten(document, entries.domains ?? [], ['domains'], levels),
      links: links.map((link, k) => ({ ...link, at: document.place(['links', k]) })),
      migration: migration.map(({ nodes, needs = [], offers = [] }, k) => ({ nodes, needs, offers, at: document.place(['migration', k]) })),
    },
    services: services.map((entry, k) => readService(document, entry, ['services', k])),
  };
}

/** Nested domains as a list. A domain that names no level is on the one below that of the domain around it. */
function flatten(
  document: LocatedDocument,
  entries: readonly DomainEntry[],
  path: Path,
  levels: readonly string[],
  around?: Domain,
): Domain[] {
  return entries.flatMap((entry, k) => {
    const own = [...path, k];
    const at = document.place(own);
    if (around && entry.in !== undefined)
      throw document.invalid([...own, 'in'], `${entry.name} is written inside ${around.name}; leave out "in".`);
    const level = entry.level ?? levels[around ? levels.indexOf(around.level) + 1 : 0];
    if (level === undefined || (entry.level === undefined && entry.in !== undefined))
      throw document.invalid(own, `its place does not show which level ${entry.name} is; add "level".`);
    const domain: Domain = { name: entry.name, level, parent: around?.name ?? entry.in, nodes: entry.nodes ?? [], at };
    return [domain, ...flatten(document, entry.domains ?? [], [...own, 'domains'], levels, domain)];
  });
}

function readService(document: LocatedDocument, entry: ServiceEntry, path: Path): Service {
  const { name, members, minimumAlive, rules = [] } = entry;
  return {
    name,
    members,
    minimumAlive,
    rules: rules.map((rule, k) => readRule(document, rule, [...path, 'rules', k])),
    at: document.place(path),
  };
}

function readRule(document: LocatedDocument, entry: RuleEntry, path: Path): LocationRule {
  const { weight, ...terms } = entry;
  const kinds = Object.keys(terms);
  if (kinds.length !== 1) {
    const found = kinds.length === 0 ? 'this has none' : `this has ${kinds.join(' and ')}`;
    throw document.invalid(path, `a rule has one kind, such as "spread" or "pinned"; ${found}.`);
  }
  const at = document.place(path);
  if (terms.spread) return { kind: 'spread', ...someOf(document, terms.spread, ['atMost', 'atLeast', 'skew'], path), weight, at };
  if (terms.together) return { kind: 'together', ...terms.together, weight, at };
  if (terms.near) return { kind: 'near', ...terms.near, weight, at };
  if (terms.needs) return { kind: 'needs', ...terms.needs, weight, at };
  if (terms.apart) return { kind: 'apart', ...terms.apart, weight, at };
  if (terms.pinned) return { kind: 'pinned', domains: terms.pinned, weight, at };
  if (terms.keptOut) return { kind: 'keptOut', domains: terms.keptOut, weight, at };
  if (terms.desired) return { kind: 'desired', domains: terms.desired, weight, at };
  if (terms.replicas) return { kind: 'replicas', ...someOf(document, terms.replicas, ['apart', 'within', 'latency'], path), weight, at };
  if (terms.survive) return { kind: 'survive', ...terms.survive, weight, at };
  if (weight !== undefined) throw document.invalid(path, 'rules for migration are always hard; remove "weight".');
  return { kind: 'migration', level: terms.migration?.within ?? '', at };
}

/** Checks that a rule says at least one of the things it may say. */
function someOf<T extends object>(document: LocatedDocument, terms: T, keys: readonly (keyof T & string)[], path: Path): T {
  if (keys.some((key) => terms[key] !== undefined)) return terms;
  throw document.invalid(path, `the rule says nothing without one of ${keys.join(', ')}.`);
}
