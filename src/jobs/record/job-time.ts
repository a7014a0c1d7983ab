/** Ganeti's time form in jobs: seconds and microseconds since 1970. */
export function jobTime(nowMs: number): [number, number] {
  const micros = Math.round(nowMs * 1000);
  return [Math.floor(micros / 1_000_000), micros % 1_000_000];
}

export function jobTimeMs([seconds, micros]: readonly [number, number]): number {
  return seconds * 1000 + micros / 1000;
}
