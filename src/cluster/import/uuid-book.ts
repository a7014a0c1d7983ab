import type { Disk, Instance } from '../../model/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';

/** Who has which UUID: every object, disk and NIC in the store, and of what is imported so far. */
export class UuidBook {
  /** By UUID: whose it is, for people. */
  readonly #stored: ReadonlyMap<string, string>;
  readonly #added = new Map<string, string>();

  constructor(base: ConfigSnapshot) {
    this.#stored = new Map(storedUuids(base));
  }

  /** @returns why it cannot have this UUID, or null */
  take(uuid: string, owner: string): string | null {
    const stored = this.#stored.get(uuid);
    if (stored !== undefined) return `the store has ${stored} with the UUID ${uuid} already`;
    const holder = this.#added.get(uuid);
    if (holder !== undefined) return `the UUID ${uuid} is there twice: it is that of ${holder}`;
    this.#added.set(uuid, owner);
    return null;
  }
}

function* storedUuids(base: ConfigSnapshot): Generator<[string, string]> {
  yield [base.cluster.uuid, 'the cluster'];
  for (const [kind, objects] of Object.entries({ group: base.groups, node: base.nodes, network: base.networks }))
    for (const { uuid, name } of objects.values()) yield [uuid, `a ${kind}, ${name},`];
  for (const instance of base.instances.values()) {
    yield [instance.uuid, `an instance, ${instance.name},`];
    for (const { what, uuid } of partsOf(instance)) yield [uuid, `${what} of instance ${instance.name}`];
  }
}

/** Disks, what they are made of, and NICs. */
function* partsOf({ disks, nics }: Pick<Instance, 'disks' | 'nics'>): Generator<{ what: string; uuid: string }> {
  for (const [index, disk] of disks.entries()) {
    yield { what: `disk ${index}`, uuid: disk.uuid };
    for (const { uuid } of (disk as Pick<Disk, 'children'>).children ?? []) yield { what: `a part of disk ${index}`, uuid };
  }
  for (const [index, { uuid }] of nics.entries()) yield { what: `NIC ${index}`, uuid };
}
