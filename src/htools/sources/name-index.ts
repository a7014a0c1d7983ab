import { GantryError } from '../../base/index.ts';

/** Where in the data something stands, for the message of an error. */
export interface Placed {
  readonly place: string;
}

/** Positions by name. */
export class NameIndex {
  readonly kind: string;
  private readonly positions = new Map<string, number>();

  constructor(kind: string) {
    this.kind = kind;
  }

  /** Gives the next position to a name. @throws HTOOLS_NAME_DUPLICATE */
  add(name: string, at: Placed): void {
    if (this.positions.has(name)) throw new GantryError('HTOOLS_NAME_DUPLICATE', { place: at.place, kind: this.kind, name });
    this.positions.set(name, this.positions.size);
  }

  /** @throws HTOOLS_REFERENCE_UNKNOWN */
  find(name: string, owner: string, at: Placed): number {
    const position = this.positions.get(name);
    if (position === undefined) throw new GantryError('HTOOLS_REFERENCE_UNKNOWN', { place: at.place, kind: this.kind, name, owner });
    return position;
  }
}

export function indexNames(kind: string, names: readonly string[], at: Placed): NameIndex {
  const index = new NameIndex(kind);
  for (const name of names) index.add(name, at);
  return index;
}
