import type { ClusterClient, ListedKind } from '../connect/cluster-client.ts';
import { type Command, type CompletionKind, type ParsedOptions, textOptions } from './command.ts';
import { suggest } from './suggest.ts';

/** Where the REST API lists the names of a kind. */
export const listedKinds: Readonly<Partial<Record<CompletionKind, ListedKind>>> = {
  instance: 'instances',
  node: 'nodes',
  group: 'groups',
  network: 'networks',
  job: 'jobs',
};

/** Of `tag list instance web1`: the argument before the name. */
const kindBefore = ([kind = '']: readonly string[]): CompletionKind | undefined =>
  Object.hasOwn(listedKinds, kind) ? (kind as CompletionKind) : undefined;

/** For a command that named something unknown: names like the ones given that do exist. */
export async function suggestNames(
  command: Command,
  args: readonly string[],
  options: ParsedOptions,
  client: ClusterClient,
): Promise<readonly string[]> {
  const specs = command.args ?? [];
  const given: { kind: ListedKind; name: string }[] = [];
  const add = (complete: CompletionKind | undefined, names: readonly string[]) => {
    const kind = complete && listedKinds[complete];
    // Numbers that look alike mean nothing.
    if (kind && kind !== 'jobs') given.push(...names.map((name) => ({ kind, name })));
  };
  for (const [index, name] of args.entries())
    add(specs[Math.min(index, specs.length - 1)]?.complete ?? (index === 1 ? kindBefore(args) : undefined), [name]);
  for (const option of command.options ?? []) add(option.complete, textOptions(options, option.key));
  try {
    const found: string[] = [];
    for (const { kind, name } of given) {
      const known = await client.names(kind);
      if (!known.includes(name)) found.push(...suggest(name, known));
    }
    return [...new Set(found)];
  } catch {
    // A suggestion is a courtesy: the error that led here is printed either way.
    return [];
  }
}
