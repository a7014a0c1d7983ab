import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

/** What the runner wants to know of one test; a line of JSON. */
export interface TestOutcome {
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** With the names of the suites and tests around it. */
  readonly name: string;
  readonly line: number;
  readonly error?: string;
}

/** Reporter for `node --test-reporter`: a line for each test, none for suites and for tests that fail only by an inner one. */
export default async function* testEventReporter(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const around: string[] = [];
  for await (const { type, data } of events) {
    if (type === 'test:start') {
      around.length = data.nesting;
      around[data.nesting] = data.name;
    } else if (type === 'test:pass' || type === 'test:fail') {
      const name = [...around.slice(0, data.nesting), data.name].join(' > ');
      const place = { name, line: data.line ?? 0 };
      if (type === 'test:fail') {
        const { failureType, cause } = data.details.error as Error & { failureType?: string };
        if (failureType !== 'subtestsFailed') yield line({ outcome: 'failed', ...place, error: errorText(cause ?? data.details.error) });
      } else if (data.details.type !== 'suite') {
        const left = data.skip !== undefined || data.todo !== undefined;
        yield line({ outcome: left ? 'skipped' : 'passed', ...place });
      }
    }
  }
}

const line = (outcome: TestOutcome): string => `${JSON.stringify(outcome)}\n`;

const errorText = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : inspect(error));
