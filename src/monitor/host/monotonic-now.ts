// The clock of `performance` is the same one, read without making an array, but begins anew with each thread.
const [seconds, nanoseconds] = process.hrtime();
const origin = seconds * 1000 + nanoseconds / 1e6 - performance.now();

/** Milliseconds since the host came up. It has one origin for all threads (to within microseconds), and no jump of the wall clock shows. */
export const monotonicNow = (): number => origin + performance.now();
