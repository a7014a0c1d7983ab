/** A level of the trie consumes five bits of the hash. */
const bitsPerLevel = 5;
const levels = 7;

interface Leaf<V> {
  readonly hash: number;
  readonly key: string;
  readonly value: V;
}

/** Keys whose hashes are all the same, always below the last level; sorted by key. */
interface Bucket<V> {
  readonly bucket: readonly Leaf<V>[];
}

interface Branch<V> {
  /** Bit i is set when there is a child for the five bits i; children lie in the order of their bits. */
  readonly bitmap: number;
  readonly children: readonly Trie<V>[];
}

type Trie<V> = Branch<V> | Bucket<V> | Leaf<V>;

/** Undefined: the key was not there, or is not any more. */
export interface Difference<V> {
  readonly key: string;
  readonly before: V | undefined;
  readonly after: V | undefined;
}

/**
 * An immutable map from strings: `set` and `delete` take O(log n) and share all the rest with the map they came from, which stays
 * as it was. Its order depends only on its content, not on how it was built.
 *
 * @example const one = PersistentMap.empty<number>().set('a', 1); const two = one.set('b', 2); // one still has one entry
 */
export class PersistentMap<V> {
  static readonly #empty = new PersistentMap<never>({ bitmap: 0, children: [] }, 0);
  readonly size: number;
  readonly #root: Branch<V>;

  private constructor(root: Branch<V>, size: number) {
    this.#root = root;
    this.size = size;
  }

  static empty<V>(): PersistentMap<V> {
    return PersistentMap.#empty;
  }

  static from<V>(entries: Iterable<readonly [string, V]>): PersistentMap<V> {
    let map = PersistentMap.empty<V>();
    for (const [key, value] of entries) map = map.set(key, value);
    return map;
  }

  get(key: string): V | undefined {
    return find(this.#root, hashOf(key), key)?.value;
  }

  has(key: string): boolean {
    return find(this.#root, hashOf(key), key) !== undefined;
  }

  set(key: string, value: V): PersistentMap<V> {
    const leaf = { hash: hashOf(key), key, value };
    const old = find(this.#root, leaf.hash, key);
    if (old && Object.is(old.value, value)) return this;
    return new PersistentMap(insert(this.#root, 0, leaf) as Branch<V>, old ? this.size : this.size + 1);
  }

  delete(key: string): PersistentMap<V> {
    const hash = hashOf(key);
    if (!find(this.#root, hash, key)) return this;
    return new PersistentMap(withoutKey(this.#root, 0, hash, key) ?? { bitmap: 0, children: [] }, this.size - 1);
  }

  /** Keys that have another value than in an older map; when this map came from it, it costs as much as there are of them. */
  changesSince(older: PersistentMap<V>): IterableIterator<Difference<V>> {
    return differences(older.#root, this.#root);
  }

  *entries(): IterableIterator<[string, V]> {
    for (const { key, value } of leaves(this.#root)) yield [key, value];
  }

  *values(): IterableIterator<V> {
    for (const { value } of leaves(this.#root)) yield value;
  }
}

function find<V>(root: Trie<V>, hash: number, key: string): Leaf<V> | undefined {
  let node = root;
  for (let level = 0; 'children' in node; level++) {
    const bit = bitAt(hash, level);
    if ((node.bitmap & bit) === 0) return undefined;
    node = node.children[positionOf(node.bitmap, bit)] as Trie<V>;
  }
  if ('bucket' in node) return node.bucket.find((leaf) => leaf.key === key);
  return node.key === key ? node : undefined;
}

/** `node` with the leaf added or replaced. */
function insert<V>(node: Trie<V>, level: number, leaf: Leaf<V>): Trie<V> {
  if ('children' in node) {
    const bit = bitAt(leaf.hash, level);
    const position = positionOf(node.bitmap, bit);
    if ((node.bitmap & bit) === 0) {
      return { bitmap: node.bitmap | bit, children: node.children.toSpliced(position, 0, leaf) };
    }
    return { bitmap: node.bitmap, children: node.children.with(position, insert(node.children[position] as Trie<V>, level + 1, leaf)) };
  }
  if ('bucket' in node) return toBucket([...node.bucket.filter(({ key }) => key !== leaf.key), leaf]);
  if (node.key === leaf.key) return leaf;
  if (level === levels) return toBucket([node, leaf]);
  // Two leaves need the same place: the next level separates them, or a later one.
  return insert({ bitmap: bitAt(node.hash, level), children: [node] }, level, leaf);
}

/** The branch without the key, or undefined when nothing is left. A branch with one leaf becomes that leaf in its parent. */
function withoutKey<V>(branch: Branch<V>, level: number, hash: number, key: string): Branch<V> | undefined {
  const bit = bitAt(hash, level);
  const position = positionOf(branch.bitmap, bit);
  const child = branch.children[position] as Trie<V>;
  const rest = remainder(child, level, hash, key);
  if (rest !== undefined) return { bitmap: branch.bitmap, children: branch.children.with(position, rest) };
  if (branch.children.length === 1) return undefined;
  return { bitmap: branch.bitmap & ~bit, children: branch.children.toSpliced(position, 1) };
}

function remainder<V>(child: Trie<V>, level: number, hash: number, key: string): Trie<V> | undefined {
  if ('children' in child) {
    const rest = withoutKey(child, level + 1, hash, key);
    const [only, another] = rest?.children ?? [];
    return only !== undefined && another === undefined && 'key' in only ? only : rest;
  }
  if ('bucket' in child) {
    const others = child.bucket.filter((leaf) => leaf.key !== key);
    return others.length === 1 ? others[0] : toBucket(others);
  }
  return undefined;
}

function toBucket<V>(leaves: readonly Leaf<V>[]): Bucket<V> {
  return { bucket: leaves.toSorted((a, b) => (a.key < b.key ? -1 : 1)) };
}

function* leaves<V>(node: Trie<V>): IterableIterator<Leaf<V>> {
  if ('children' in node) for (const child of node.children) yield* leaves(child);
  else if ('bucket' in node) yield* node.bucket;
  else yield node;
}

/** Whatever two maps share is not looked at. */
function* differences<V>(older: Trie<V> | undefined, newer: Trie<V> | undefined): IterableIterator<Difference<V>> {
  if (older === newer) return;
  if (older && newer && 'children' in older && 'children' in newer) {
    for (let bits = older.bitmap | newer.bitmap; bits !== 0; bits &= bits - 1) {
      const bit = bits & -bits;
      yield* differences(childAt(older, bit), childAt(newer, bit));
    }
    return;
  }
  const before = new Map<string, V>();
  if (older) for (const { key, value } of leaves(older)) before.set(key, value);
  if (newer) {
    for (const { key, value } of leaves(newer)) {
      const old = before.get(key);
      if (!before.delete(key) || !Object.is(old, value)) yield { key, before: old, after: value };
    }
  }
  for (const [key, value] of before) yield { key, before: value, after: undefined };
}

function childAt<V>({ bitmap, children }: Branch<V>, bit: number): Trie<V> | undefined {
  return (bitmap & bit) === 0 ? undefined : children[positionOf(bitmap, bit)];
}

function bitAt(hash: number, level: number): number {
  return 1 << ((hash >>> (level * bitsPerLevel)) & 31);
}

/** How many children lie before the one of this bit. */
function positionOf(bitmap: number, bit: number): number {
  let bits = bitmap & (bit - 1);
  bits -= (bits >>> 1) & 0x55555555;
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** FNV-1a over UTF-16 units, mixed at the end so that similar keys spread. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
