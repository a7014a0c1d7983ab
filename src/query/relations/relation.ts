import type { ConfigSnapshot } from '../../store/index.ts';

interface Described {
  /** Name of the kind that it leads to. */
  readonly to: string;
  readonly doc: string;
}

/** Leads to at most one object. */
export interface ToOne<From, To> extends Described {
  readonly many: false;
  /** Undefined where there is none. Costs a look into an index, whatever the size of the cluster. */
  readonly of: (item: From, config: ConfigSnapshot) => To | undefined;
}

/** Leads to any number of objects; their order means nothing, unless `doc` says so. */
export interface ToMany<From, To> extends Described {
  readonly many: true;
  /** Costs as much as there are objects to tell of, whatever the size of the cluster. */
  readonly of: (item: From, config: ConfigSnapshot) => readonly To[];
}

/** How objects of a kind belong to objects of another; declared once, for fields and for joins. */
export type Relation<From, To = unknown> = ToOne<From, To> | ToMany<From, To>;

export const toOne = <From, To>(to: string, doc: string, of: ToOne<From, To>['of']): ToOne<From, To> => ({ to, doc, many: false, of });
export const toMany = <From, To>(to: string, doc: string, of: ToMany<From, To>['of']): ToMany<From, To> => ({ to, doc, many: true, of });

/** The objects of a relation as a list, whether it leads to one or to many. */
export function follow<From, To>(relation: Relation<From, To>, item: From, config: ConfigSnapshot): readonly To[] {
  if (relation.many) return relation.of(item, config);
  const found = relation.of(item, config);
  return found === undefined ? [] : [found];
}
