import type { Json } from '../../base/index.ts';

/** The value as the store gives it back: this master sees the same value as the next one would. undefined becomes null. */
export function toJson(value: unknown): Json {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as Json);
}
