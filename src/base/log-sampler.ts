/** Limits how often lines of one kind are written, and counts what is left out. */
export interface LogSampler {
  /** Whether a line of this kind may be written now, and how many were left out before it. */
  take(kind: string): { readonly write: boolean; readonly leftOut: number };
  /** Kinds of which lines were left out and not told, with their number; they count as told then. */
  untold(): readonly (readonly [kind: string, leftOut: number])[];
}

export interface LogSamplerOptions {
  /** Lines of one kind that may come at once; default 200. */
  readonly burst?: number;
  /** Lines of one kind that may come each second after that; default 20. */
  readonly perSecond?: number;
  readonly now?: () => number;
}

interface Bucket {
  room: number;
  at: number;
  leftOut: number;
}

/** Kinds that are remembered; the one that was seen longest ago is forgotten. */
const mostKinds = 500;

export function createLogSampler(options: LogSamplerOptions = {}): LogSampler {
  const { burst = 200, perSecond = 20, now = Date.now } = options;
  const buckets = new Map<string, Bucket>();
  const bucketOf = (kind: string): Bucket => {
    const known = buckets.get(kind);
    if (known) buckets.delete(kind);
    const bucket = known ?? { room: burst, at: now(), leftOut: 0 };
    buckets.set(kind, bucket);
    const [oldest] = buckets.size > mostKinds ? buckets.keys() : [];
    if (oldest !== undefined) buckets.delete(oldest);
    return bucket;
  };
  return {
    take(kind) {
      const bucket = bucketOf(kind);
      // A clock that was set back gives no room, and takes none.
      bucket.room = Math.min(burst, bucket.room + (Math.max(0, now() - bucket.at) * perSecond) / 1000);
      bucket.at = now();
      if (bucket.room < 1) {
        bucket.leftOut++;
        return { write: false, leftOut: 0 };
      }
      bucket.room--;
      const { leftOut } = bucket;
      bucket.leftOut = 0;
      return { write: true, leftOut };
    },
    untold() {
      const told = [...buckets].flatMap(([kind, bucket]) => (bucket.leftOut > 0 ? [[kind, bucket.leftOut] as const] : []));
      for (const bucket of buckets.values()) bucket.leftOut = 0;
      return told;
    },
  };
}
