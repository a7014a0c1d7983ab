import { systemClock } from './clock.ts';

/** Milliseconds before each repetition: enough for another master to take over. */
const pauses: readonly number[] = [500, 1000, 2000, 4000, 8000];

/** Of a connection that did not come about it is known that nothing was sent. */
const unsent = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN']);

/** Whether a request may have arrived although its connection failed with this error. */
export function mayHaveBeenSent(cause: unknown): boolean {
  return !unsent.has(String((cause as NodeJS.ErrnoException | undefined)?.code));
}

/** What an answer, or its absence, says about a request. */
interface Verdict {
  /** It may have had its effect although this is the answer. */
  readonly mayHaveArrived: boolean;
  /** Another attempt may end otherwise. */
  readonly mayPass: boolean;
}

/**
 * Sends a request that has its effect once however often it arrives, again and again from the moment on when an answer may
 * be lost, until an answer is final or after five repetitions in 15 s.
 * @param judge undefined: the answer is final
 * @returns the last answer, and whether it or an earlier one may be lost
 */
export async function repeatLost<Answer>(
  send: () => Promise<Answer>,
  judge: (answer: Answer) => Verdict | undefined,
  sleep: (ms: number) => Promise<unknown> = systemClock.sleep,
): Promise<{ readonly answer: Answer; readonly isLost: boolean }> {
  let isLost = false;
  for (let attempt = 0; ; attempt++) {
    const answer = await send();
    const verdict = judge(answer);
    const pause = pauses[attempt];
    if (!verdict) return { answer, isLost };
    isLost ||= verdict.mayHaveArrived;
    if (pause === undefined || !isLost || !verdict.mayPass) return { answer, isLost };
    await sleep(pause);
  }
}
