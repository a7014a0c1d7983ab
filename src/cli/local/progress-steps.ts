import { GantryError } from '../../base/index.ts';
import { harmless, paint, printNote } from '../output/print.ts';

/** Shows on standard error what is being done, step by step, with the time each took. */
export interface ProgressSteps {
  /**
   * Shows `title` while `work` runs, then a mark of success or failure. A cancelled signal ends the work before its next step.
   * @param isDone false for a result that did not reach all it should; it is marked as a failure and returned
   */
  step<T>(title: string, work: (detail: (text: string) => void) => Promise<T>, isDone?: (result: T) => boolean): Promise<T>;
  note(text: string): void;
}

export function progressSteps(signal: AbortSignal): ProgressSteps {
  const terminal = process.stderr.isTTY && process.env['TERM'] !== 'dumb';
  const line = (text: string) => process.stderr.write(`\r\x1b[2K${text}`);
  return {
    note: (text) => {
      if (terminal) line('');
      printNote(harmless(text));
    },
    async step(title, work, isDone = () => true) {
      if (signal.aborted) throw new GantryError('CANCELLED', { subject: title });
      const began = performance.now();
      const show = (detail: string) =>
        terminal && line(`  ${paint('yellow', '…', process.stderr)} ${title}${detail && ` (${harmless(detail)})`}`);
      const end = (mark: string) => {
        if (terminal) line('');
        printNote(`  ${mark} ${title}  ${((performance.now() - began) / 1000).toFixed(1)} s`);
      };
      show('');
      try {
        const result = await work(show);
        end(isDone(result) ? paint('green', '✓', process.stderr) : paint('red', '✗', process.stderr));
        return result;
      } catch (error) {
        end(paint('red', '✗', process.stderr));
        throw error;
      }
    },
  };
}
