import type { ArgSpec } from './command.ts';
import { usage } from './parse-command-line.ts';

export const tagKinds = ['cluster', 'group', 'node', 'instance', 'network'] as const;
type TagKind = (typeof tagKinds)[number];

export const tagKindArg: ArgSpec = { name: 'kind', help: 'kind of the object', choices: tagKinds };

/** What is tagged. The cluster has no name to give. */
export interface TagTarget {
  readonly kind: TagKind;
  readonly name: string | null;
}

/** Splits `instance web1 a b` and `cluster a b`. @throws CLI_USAGE */
export function splitTagArguments(args: readonly string[], command: string): { target: TagTarget; tags: readonly string[] } {
  const [kind, ...rest] = args;
  if (kind === 'cluster') return { target: { kind, name: null }, tags: rest };
  const [name, ...tags] = rest;
  if (!name) throw usage(command, `Name the ${kind}.`);
  return { target: { kind: kind as TagKind, name }, tags };
}

/** Where the REST API has the tags of an object. */
export function tagsPath({ kind, name }: TagTarget): string {
  return name === null ? '/2/tags' : `/2/${kind}s/${encodeURIComponent(name)}/tags`;
}
