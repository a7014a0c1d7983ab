import type { Histories } from '../collector/collector-context.ts';
import { createRingBuffer, ringBufferBytes } from '../collector/ring-buffer.ts';

/**
 * Ring buffers in shared memory, by collector and name.
 * @param known - what the threads before this one left
 * @param tell - called with each that is made, and with none for one that is dropped
 */
export function sharedHistories(
  known: ReadonlyMap<string, SharedArrayBuffer>,
  tell: (key: string, memory: SharedArrayBuffer | undefined) => void,
): (collector: string) => Histories {
  const memories = new Map(known);
  return (collector) => ({
    take: (name, width, capacity) => {
      const key = `${collector} ${width} ${capacity} ${name}`;
      let memory = memories.get(key);
      if (!memory) {
        memory = new SharedArrayBuffer(ringBufferBytes(width, capacity));
        memories.set(key, memory);
        tell(key, memory);
      }
      return createRingBuffer(width, capacity, memory);
    },
    drop: (name) => {
      for (const key of [...memories.keys()]) {
        const [owner, , , ...words] = key.split(' ');
        if (owner !== collector || words.join(' ') !== name) continue;
        memories.delete(key);
        tell(key, undefined);
      }
    },
  });
}
