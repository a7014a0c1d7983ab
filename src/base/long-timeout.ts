/** Longest time that a timer can be set to; one that is set to a longer time ends at once. */
const longestMs = 2 ** 31 - 1;

/** Calls back once, after any time in milliseconds. @returns what ends it before */
export function longTimeout(ms: number, call: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (left: number) => {
    timer = left > longestMs ? setTimeout(() => wait(left - longestMs), longestMs) : setTimeout(call, left);
  };
  wait(ms);
  return () => clearTimeout(timer);
}
