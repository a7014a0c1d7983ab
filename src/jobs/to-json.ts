import type { Json } from '../base/index.ts';

/** The value as the store gives it back: what the next master would see, this one sees too. Nothing becomes null. */
export function toJson(value: unknown): Json {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as Json);
}
