/** A part of a text, counted from its beginning. */
export interface TextPart {
  readonly start: number;
  readonly end: number;
}

const codes = 0x1_0000;

/**
 * Finds words in a text that comes in pieces, however they overlap. After Aho and Corasick: the time grows with the text
 * and not with the words, since who writes the text can choose the worst one.
 */
export class WordFinder {
  /** The node after a node and a character, of the tree of all beginnings of words; its root is 0. */
  readonly #next = new Map<number, number>();
  /** Of each node: the length of that beginning. */
  readonly #depth = [0];
  /** Of each node: that of the longest other beginning with which it ends. */
  readonly #fallback = [0];
  /** Of each node: the length of the longest word with which it ends, or 0. */
  readonly #word = [0];
  /** Of each node: the length of the longest beginning with which it ends and that is to go on. */
  readonly #begun = [0];
  #node = 0;
  #read = 0;

  constructor(words: Iterable<string>) {
    const edges: { readonly parent: number; readonly code: number }[] = [{ parent: 0, code: 0 }];
    for (const word of words) this.#add(word, edges);
    const byDepth = edges.map((_, node) => node).sort((left, right) => this.#depthOf(left) - this.#depthOf(right));
    for (const node of byDepth.slice(1)) {
      const { parent, code } = edges[node] as (typeof edges)[number];
      const fallback = parent === 0 ? 0 : this.#step(this.#fallback[parent] ?? 0, code);
      this.#fallback[node] = fallback;
      this.#word[node] ||= this.#word[fallback] ?? 0;
      this.#begun[node] ||= this.#begun[fallback] ?? 0;
    }
  }

  /** The longest word that ends at each place of the next piece, in the order of their ends. */
  find(piece: string): TextPart[] {
    const found: TextPart[] = [];
    for (let at = 0; at < piece.length; at++) {
      this.#node = this.#step(this.#node, piece.charCodeAt(at));
      this.#read++;
      const length = this.#word[this.#node] ?? 0;
      if (length > 0) found.push({ start: this.#read - length, end: this.#read });
    }
    return found;
  }

  /** How many characters at the end of what was read may be the beginning of a word. */
  get begun(): number {
    return this.#begun[this.#node] ?? 0;
  }

  /** What comes next continues nothing. */
  forget(): void {
    this.#node = 0;
  }

  #add(word: string, edges: { parent: number; code: number }[]): void {
    let node = 0;
    for (let at = 0; at < word.length; at++) {
      const code = word.charCodeAt(at);
      this.#begun[node] = at;
      const known = this.#next.get(node * codes + code);
      if (known === undefined) {
        this.#next.set(node * codes + code, edges.length);
        edges.push({ parent: node, code });
        this.#depth.push(at + 1);
        this.#word.push(0);
        this.#begun.push(0);
      }
      node = known ?? edges.length - 1;
    }
    this.#word[node] = word.length;
  }

  #step(from: number, code: number): number {
    for (let node = from; ; node = this.#fallback[node] ?? 0) {
      const next = this.#next.get(node * codes + code);
      if (next !== undefined) return next;
      if (node === 0) return 0;
    }
  }

  #depthOf = (node: number): number => this.#depth[node] ?? 0;
}
