import type { Cluster } from '../../model/index.ts';
import type { DiskPlaces } from './disk-places.ts';
import type { ImportNames } from './import-names.ts';
import type { ImportProblems, ImportSource } from './import-source.ts';
import type { Reservations } from './reservations.ts';
import type { UuidBook } from './uuid-book.ts';

/** What the instances of a file are checked against. */
export interface InstanceContext {
  /** As it is after the import. */
  readonly cluster: Cluster;
  readonly names: ImportNames;
  readonly uuids: UuidBook;
  readonly places: DiskPlaces;
  readonly problems: ImportProblems;
  readonly reservations: Reservations;
  readonly source: ImportSource;
  readonly remark: (text: string) => void;
}
