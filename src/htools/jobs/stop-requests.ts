import type { ProgramIo } from '../command/program-io.ts';

export interface StopRequests extends Disposable {
  /** Aborted when somebody wants to stop after the jobs that run. */
  readonly signal: AbortSignal;
}

/**
 * Until it is disposed of, SIGINT asks to stop after the present job set, and SIGTERM ends the process at once with code 2;
 * the jobs go on in both cases. Source: hbal(1), signal handling.
 */
export function listenForStop(io: ProgramIo): StopRequests {
  const stop = new AbortController();
  const onInterrupt = () => {
    stop.abort();
    io.out('Cancel request registered, will exit at the end of the current job set...\n');
  };
  const onTerminate = () => {
    io.out('Double cancel request, exiting now...\n');
    process.exit(2);
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  return {
    signal: stop.signal,
    [Symbol.dispose]() {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
    },
  };
}
