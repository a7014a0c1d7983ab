import assert from 'node:assert/strict';

export interface Patience {
  readonly seconds?: number;
  readonly everyMs?: number;
}

type No = undefined | null | false | 0 | '' | void;

const isYes = <Answer>(answer: Answer): answer is Exclude<Answer, No> => Boolean(answer);

/** Asks again and again until the answer is yes (anything but undefined, false, null, 0 and ''), and returns it. Fails with `what` when time is up. */
export async function until<Answer>(
  what: string,
  ask: () => Answer,
  { seconds = 30, everyMs = 10 }: Patience = {},
): Promise<Exclude<Awaited<Answer>, No>> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (isYes(answer)) return answer;
    assert.ok(performance.now() < deadline, `after ${seconds} s it was still not so: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
