import { type Clock, GantryError } from '../base/index.ts';
import { keys, type NamedKind } from '../model/index.ts';
import type { ConfigDraft, ObjectKind, ObjectOf } from './config.ts';
import { checkObject, objectKey } from './config-objects.ts';
import type { ConfigState } from './config-state.ts';
import type { Transaction, Write } from './store.ts';

/** Records what a change reads and writes, see `ConfigDraft`. */
export class Draft implements ConfigDraft {
  readonly snapshot: ConfigState;
  readonly #clock: Clock;
  /** Key to the revision at which it was read. */
  readonly #read = new Map<string, number>();
  /** Key to the new object or text; undefined: to be deleted. */
  readonly #objects = new Map<string, ObjectOf[ObjectKind] | undefined>();
  readonly #texts = new Map<string, string | undefined>();

  constructor(snapshot: ConfigState, clock: Clock) {
    this.snapshot = snapshot;
    this.#clock = clock;
  }

  get<K extends ObjectKind>(kind: K, uuid: string): ObjectOf[K] | undefined {
    const key = objectKey(kind, uuid);
    const held = this.snapshot.held(kind, uuid);
    this.#read.set(key, held?.modRevision ?? 0);
    return this.#objects.has(key) ? (this.#objects.get(key) as ObjectOf[K] | undefined) : held?.value;
  }

  need<K extends ObjectKind>(kind: K, uuid: string): ObjectOf[K] {
    const object = this.get(kind, uuid);
    if (!object) throw new GantryError('OBJECT_UNKNOWN', { kind, name: uuid });
    return object;
  }

  create<K extends NamedKind>(kind: K, object: ObjectOf[K]): void {
    checkObject(kind, object);
    if (this.get(kind, object.uuid)) throw new GantryError('INTERNAL', { detail: `the ${kind} ${object.uuid} exists already` });
    this.#takeName(kind, object);
    this.#objects.set(objectKey(kind, object.uuid), object);
  }

  update<K extends ObjectKind>(kind: K, uuid: string, change: (old: ObjectOf[K]) => ObjectOf[K]): void {
    const old = this.need(kind, uuid);
    const changed = change(old);
    if (changed === old) return;
    if (changed.uuid !== old.uuid) throw new GantryError('INTERNAL', { detail: `a change of the ${kind} ${uuid} changed its uuid` });
    const stored = this.snapshot.held(kind, uuid);
    // However often one draft changes an object, it is one change.
    const serial_no = stored ? stored.value.serial_no + 1 : old.serial_no;
    const next: ObjectOf[K] = { ...changed, serial_no, mtime: this.#clock.now() / 1000 };
    checkObject(kind, next);
    if (kind !== 'cluster') this.#rename(kind, old as ObjectOf[NamedKind], next as ObjectOf[NamedKind]);
    this.#objects.set(objectKey(kind, uuid), next);
  }

  remove(kind: NamedKind, uuid: string): void {
    const object = this.get(kind, uuid);
    if (!object) return;
    this.#dropName(kind, object);
    this.#objects.set(objectKey(kind, uuid), undefined);
  }

  claim(what: 'mac' | 'port' | 'ip', value: string, owner: string): void {
    const key = keys.claim(what, value);
    const holder = this.#text(key);
    if (holder !== undefined && holder !== owner) {
      const name = this.snapshot.instances.get(holder)?.name ?? this.snapshot.nodes.get(holder)?.name ?? holder;
      throw new GantryError('CLAIM_TAKEN', { what, value, owner: name });
    }
    this.#texts.set(key, owner);
  }

  release(what: 'mac' | 'port' | 'ip', value: string): void {
    const key = keys.claim(what, value);
    if (this.#text(key) !== undefined) this.#texts.set(key, undefined);
  }

  /** What has to hold and what is to be written; a change that ends where it began writes nothing. */
  transaction(): Transaction {
    const writes: Write[] = [];
    for (const [key, object] of this.#objects) {
      if (object) writes.push({ type: 'put', key, value: JSON.stringify(object) });
      else if (this.snapshot.modRevision(key) !== 0) writes.push({ type: 'delete', key });
    }
    for (const [key, text] of this.#texts) {
      if (text === this.snapshot.text(key)?.value) continue;
      writes.push(text === undefined ? { type: 'delete', key } : { type: 'put', key, value: text });
    }
    return { compares: Array.from(this.#read, ([key, modRevision]) => ({ key, modRevision })), writes };
  }

  #text(key: string): string | undefined {
    const held = this.snapshot.text(key);
    this.#read.set(key, held?.modRevision ?? 0);
    return this.#texts.has(key) ? this.#texts.get(key) : held?.value;
  }

  #takeName(kind: NamedKind, { name, uuid }: ObjectOf[NamedKind]): void {
    const key = keys.name(kind, name);
    const holder = this.#text(key);
    if (holder !== undefined && holder !== uuid) throw new GantryError('NAME_TAKEN', { kind, name });
    this.#texts.set(key, uuid);
  }

  #dropName(kind: NamedKind, { name, uuid }: ObjectOf[NamedKind]): void {
    const key = keys.name(kind, name);
    if (this.#text(key) === uuid) this.#texts.set(key, undefined);
  }

  #rename(kind: NamedKind, old: ObjectOf[NamedKind], next: ObjectOf[NamedKind]): void {
    if (old.name.toLowerCase() === next.name.toLowerCase()) return;
    this.#takeName(kind, next);
    this.#dropName(kind, old);
  }
}
