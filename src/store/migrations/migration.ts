import type { ObjectKind } from '../config.ts';

/** An object as the store has it, of whatever version. */
export type StoredObject = Readonly<Record<string, unknown>>;

/** What a change of one object may look at. Objects that were changed before an interruption are there in their new form. */
export interface MigrationContext {
  readonly cluster: StoredObject;
  object(kind: ObjectKind, uuid: string): StoredObject | undefined;
}

type Change = (object: StoredObject, context: MigrationContext) => StoredObject;

/**
 * How the stored configuration of one version becomes that of the next. Each function is pure and takes one object or key.
 * After an interruption it gets objects again that it has changed already: these it must return as they are (the same
 * object, or equal). `config_version` of the cluster is set by whoever runs the migration.
 */
export interface Migration {
  /** The version that it makes, out of the one before. */
  readonly to: number;
  /** For people: what is different afterwards; one sentence without its full stop. */
  readonly summary: string;
  readonly objects?: Partial<Readonly<Record<ObjectKind, Change>>>;
  /** What takes the place of a key that is not one of these objects, e.g. a claim or a job; undefined: it stays as it is. */
  readonly key?: (key: string, value: string, context: MigrationContext) => readonly (readonly [key: string, value: string])[] | undefined;
}
