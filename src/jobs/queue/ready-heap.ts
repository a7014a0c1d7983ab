/** What waits for its turn, smallest first by `compare`; a binary heap. */
export interface ReadyHeap<T> {
  readonly size: number;
  push(item: T): void;
  pop(): T | undefined;
}

export function createReadyHeap<T>(compare: (a: T, b: T) => number): ReadyHeap<T> {
  const items: T[] = [];
  const at = (i: number) => items[i] as T;
  const up = (start: number) => {
    for (let i = start; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (compare(at(i), at(parent)) >= 0) break;
      [items[i], items[parent]] = [at(parent), at(i)];
      i = parent;
    }
  };
  const down = () => {
    for (let i = 0; ; ) {
      const left = 2 * i + 1;
      const right = left + 1;
      let least = i;
      if (left < items.length && compare(at(left), at(least)) < 0) least = left;
      if (right < items.length && compare(at(right), at(least)) < 0) least = right;
      if (least === i) break;
      [items[i], items[least]] = [at(least), at(i)];
      i = least;
    }
  };
  return {
    get size() {
      return items.length;
    },
    push(item) {
      items.push(item);
      up(items.length - 1);
    },
    pop() {
      const first = items[0];
      const last = items.pop();
      if (items.length > 0 && last !== undefined) {
        items[0] = last;
        down();
      }
      return first;
    },
  };
}
