import { GantryError, minimalEnvironment, run } from '../../base/index.ts';

/** Runs programs for the few facts that no file and no socket tells. */
export interface CommandRunner {
  /**
   * What a program prints, or `undefined` where it is not installed. It is killed when the signal aborts.
   * @throws COMMAND_FAILED, CANCELLED
   */
  output(command: string, args: readonly string[], signal: AbortSignal): Promise<string | undefined>;
}

/** @param path - where programs are looked for, as in PATH; the usual folders unless given. */
export function createCommandRunner(path?: string): CommandRunner {
  const env = path === undefined ? minimalEnvironment : { ...minimalEnvironment, PATH: path };
  return {
    output: async (command, args, signal) => {
      try {
        return (await run(command, args, { env, signal })).stdout;
      } catch (error) {
        if (error instanceof GantryError && error.code === 'COMMAND_MISSING') return undefined;
        throw error;
      }
    },
  };
}
