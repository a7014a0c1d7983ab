import { lookupName } from '../cluster/lookup-name.ts';

/** Finds things by their name (whole, or up to a dot) or by a glob of `*` and `?`. */
export interface NameIndex {
  readonly names: readonly string[];
  /** Positions, in order. A glob may fit nothing; a name that fits nothing, or several, gives undefined. */
  find(wanted: string): readonly number[] | undefined;
}

export const isGlob = (text: string): boolean => /[*?]/.test(text);

export function globPattern(glob: string): RegExp {
  const escaped = glob.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}

export function createNameIndex(names: readonly string[]): NameIndex {
  const positions = new Map(names.map((name, position) => [name, position]));
  const find = (wanted: string) => {
    if (isGlob(wanted)) {
      const pattern = globPattern(wanted);
      return names.flatMap((name, position) => (pattern.test(name) ? [position] : []));
    }
    const position = positions.get(wanted) ?? positions.get(lookupName(names, wanted) ?? '');
    return position === undefined ? undefined : [position];
  };
  return { names, find };
}
