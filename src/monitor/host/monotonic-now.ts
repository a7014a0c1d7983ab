/** Milliseconds since the host came up. Unlike `performance.now()` it has one origin for all threads, and no jump of the wall clock shows. */
export function monotonicNow(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
