import { GantryError, run } from '../../base/index.ts';

/** What `ip -j -d link show` says, as far as it matters here. */
export interface Link {
  readonly ifname: string;
  readonly mtu: number;
  readonly ifalias?: string;
  /** The device below it. */
  readonly link?: string;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_data?: { readonly type?: string; readonly user?: string | number; readonly id?: number };
  };
}

/** Programs that read and change the network of this node. */
export interface IpTool {
  /** Runs a command. @returns its output @throws COMMAND_FAILED */
  execute(command: readonly string[], input?: string, okCodes?: readonly number[]): Promise<string>;
  /** Runs `ip`. */
  ip(...args: string[]): Promise<string>;
  /** What `ip -j` says, a list. */
  list<T>(...args: string[]): Promise<T[]>;
  readLink(name: string): Promise<Link | null>;
}

/** @param prefix put before every command, e.g. `['ip', 'netns', 'exec', 'node1']` to work in a network namespace */
export function createIpTool(prefix: readonly string[] = []): IpTool {
  const execute: IpTool['execute'] = async (command, input, okCodes = [0]) => {
    const [program = '', ...args] = [...prefix, ...command];
    return (await run(program, args, { okCodes, ...(input !== undefined && { input }) })).stdout;
  };
  // While the kernel does not know a kind of link (its module is not loaded), ip lists an empty object for each link of another kind.
  const parse = <T>(text: string): T[] =>
    (JSON.parse(text.trim() || '[]') as T[]).filter((entry) => Object.keys(entry as object).length > 0);
  return {
    execute,
    ip: (...args) => execute(['ip', ...args]),
    list: async <T>(...args: string[]) => parse<T>(await execute(['ip', '-j', ...args])),
    async readLink(name) {
      return parse<Link>(await execute(['ip', '-j', '-d', 'link', 'show', 'dev', name], undefined, [0, 1]))[0] ?? null;
    },
  };
}

/** What the failed program said, or null when it is another error. */
export function commandProblem(thrown: unknown): string | null {
  const stderr = thrown instanceof GantryError && thrown.code === 'COMMAND_FAILED' ? thrown.facts['stderr'] : undefined;
  return typeof stderr === 'string' ? stderr : null;
}
