import type { NamedKind } from '../../model/index.ts';
import type { ConfigSnapshot, ObjectOf } from '../../store/index.ts';
import type { ImportProblems } from './import-source.ts';

/** Finds objects by name, in the file and in the store, and sees to it that names and UUIDs are there once. */
export class ImportNames {
  readonly #base: ConfigSnapshot;
  readonly #problems: ImportProblems;
  readonly #added = new Map<string, ObjectOf[NamedKind]>();
  readonly #uuids = new Set<string>();

  constructor(base: ConfigSnapshot, problems: ImportProblems) {
    this.#base = base;
    this.#problems = problems;
  }

  add<K extends NamedKind>(kind: K, object: ObjectOf[K]): void {
    const key = `${kind} ${object.name.toLowerCase()}`;
    const { uuid } = object;
    if (this.#added.has(key)) this.#problems.conflict(`${kind} ${object.name} is there twice`);
    else if (this.#inStore(kind).find(object.name)) this.#problems.conflict(`the store has a ${kind} ${object.name} already`);
    else if (this.#uuids.has(uuid)) this.#problems.conflict(`the UUID ${uuid} is there twice`);
    else if (this.#inStore(kind).get(uuid)) this.#problems.conflict(`the store has a ${kind} with the UUID ${uuid} already`);
    this.#uuids.add(uuid);
    this.#added.set(key, object);
  }

  /** @param by whose reference it is, for people @throws IMPORT_FILE_INVALID */
  find<K extends NamedKind>(kind: K, name: string, by: string): ObjectOf[K] {
    const found = (this.#added.get(`${kind} ${name.toLowerCase()}`) as ObjectOf[K] | undefined) ?? this.#inStore(kind).find(name);
    return found ?? this.#problems.invalid(`${by} names the ${kind} "${name}", which is neither in the file nor in the store`);
  }

  #inStore<K extends NamedKind>(kind: K) {
    const { nodes, groups, networks, instances } = this.#base;
    return { node: nodes, group: groups, network: networks, instance: instances }[kind] as unknown as {
      get(uuid: string): ObjectOf[K] | undefined;
      find(name: string): ObjectOf[K] | undefined;
    };
  }
}
