import { defineOperation, type WorldStep } from '../../jobs/index.ts';
import { opcodes } from '../../model/index.ts';

export const testDelay = () =>
  defineOperation(opcodes.testDelay, {
    async plan(_context, params): Promise<{ seconds: number }> {
      return { seconds: params.duration * (1 + (params.repeat ?? 0)) };
    },
    steps: ({ seconds }) => (seconds > 0 ? [delayStep(seconds)] : []),
    result: () => null,
  });

function delayStep(seconds: number): WorldStep {
  return {
    id: 'wait',
    title: 'wait',
    async do({ clock, signal, cancelled, progress }) {
      const ending = AbortSignal.any([signal, cancelled]);
      const end = clock.now() + seconds * 1000;
      for (let left = seconds * 1000; left > 0; left = end - clock.now()) {
        progress(1 - left / (seconds * 1000));
        await clock.sleep(Math.min(left, 250), ending);
      }
    },
  };
}
