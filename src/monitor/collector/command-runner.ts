/** Runs programs for the few facts that no file and no socket provides. */
export interface CommandRunner {
  /**
   * What a program prints, or `undefined` where it is not installed. It is killed when the signal aborts. A program that still
   * hangs in a system call, or has left a process that may still print, is not run again before it has ended.
   * @throws COMMAND_FAILED, CANCELLED
   */
  output(command: string, args: readonly string[], signal: AbortSignal): Promise<string | undefined>;
}

/** @param path - where programs are looked for, as in PATH; the usual folders unless given. */
export function createCommandRunner(path?: string): CommandRunner {
  const underWay = new Set<string>();
  return {
    output: async (command, args, signal) => {
      if (underWay.has(command)) throw new Error(`${command} from an earlier run has not ended`);
      underWay.add(command);
      // Loaded in the thread that runs a program, and by nobody who only knows what there is to run.
      const { GantryError, minimalEnvironment, run } = await import('../../base/index.ts');
      const env = path === undefined ? minimalEnvironment : { ...minimalEnvironment, PATH: path };
      try {
        return (await run(command, args, { env, signal })).stdout;
      } catch (error) {
        if (error instanceof GantryError && error.code === 'COMMAND_MISSING') return undefined;
        throw error;
      } finally {
        underWay.delete(command);
      }
    },
  };
}
