import type { NamedKind } from '../../model/index.ts';
import type { ConfigSnapshot, ObjectOf } from '../../store/index.ts';
import type { ImportProblems } from './import-source.ts';
import type { UuidBook } from './uuid-book.ts';

/** Finds objects by name, in the file and in the store, and sees to it that names and UUIDs are there once. */
export class ImportNames {
  readonly #base: ConfigSnapshot;
  readonly #problems: ImportProblems;
  readonly #added = new Map<string, ObjectOf[NamedKind]>();
  readonly #uuids: UuidBook;

  constructor(base: ConfigSnapshot, problems: ImportProblems, uuids: UuidBook) {
    this.#uuids = uuids;
    this.#base = base;
    this.#problems = problems;
  }

  /** @param at of the object in the file */
  add<K extends NamedKind>(at: string, kind: K, object: ObjectOf[K]): void {
    const key = `${kind} ${object.name.toLowerCase()}`;
    if (this.#added.has(key)) this.#problems.conflict(`${at}.name`, `${kind} ${object.name} is there twice`);
    else if (this.#inStore(kind).find(object.name)) this.#problems.conflict(`${at}.name`, `the store has a ${kind} ${object.name} already`);
    else {
      const twice = this.#uuids.take(object.uuid, `${kind} ${object.name}`);
      if (twice !== null) this.#problems.conflict(`${at}.uuid`, `${kind} ${object.name}: ${twice}`);
    }
    this.#added.set(key, object);
  }

  /** @param at of the reference in the file @param by whose it is, for people @throws IMPORT_FILE_INVALID */
  find<K extends NamedKind>(at: string, kind: K, name: string, by: string): ObjectOf[K] {
    const found = (this.#added.get(`${kind} ${name.toLowerCase()}`) as ObjectOf[K] | undefined) ?? this.#inStore(kind).find(name);
    return found ?? this.#problems.invalid(at, `${by} names the ${kind} "${name}", which is neither in the file nor in the store`);
  }

  #inStore<K extends NamedKind>(kind: K) {
    const { nodes, groups, networks, instances } = this.#base;
    return { node: nodes, group: groups, network: networks, instance: instances }[kind] as unknown as {
      get(uuid: string): ObjectOf[K] | undefined;
      find(name: string): ObjectOf[K] | undefined;
    };
  }
}
