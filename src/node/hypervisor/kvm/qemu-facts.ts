import { GantryError, run } from '../../../base/index.ts';

/** What the installed QEMU is and can. Asked once a minute at most, so that an upgrade is noticed. */
export interface QemuFacts {
  /** e.g. `7.2.22`. @throws HYPERVISOR_MISSING */
  version(): Promise<string>;
  /** The versioned machine type that `pc` stands for, e.g. `pc-i440fx-7.2`. @throws HYPERVISOR_MISSING */
  defaultMachine(): Promise<string>;
  /** Asks now, whatever was answered before. @throws HYPERVISOR_MISSING */
  requireUsable(): Promise<void>;
}

export function createQemuFacts(qemuPath: string): QemuFacts {
  const ask = async (args: readonly string[], pattern: RegExp): Promise<string> => {
    let output: string;
    try {
      output = (await run(qemuPath, args, { timeoutMs: 20_000 })).stdout;
    } catch (error) {
      throw new GantryError('HYPERVISOR_MISSING', { program: qemuPath, problem: GantryError.from(error).message }, { cause: error });
    }
    const found = pattern.exec(output)?.[1];
    if (found) return found;
    throw new GantryError('HYPERVISOR_MISSING', { program: qemuPath, problem: `"${args.join(' ')}" gave no answer that is known` });
  };
  const askVersion = () => ask(['--version'], /version (\d+(?:\.\d+)+)/);
  const version = remembered(askVersion);
  const defaultMachine = remembered(() => ask(['-machine', 'help'], /^pc\s.*\(alias of ([\w.-]+)\)/m));
  return { version, defaultMachine, requireUsable: async () => void (await askVersion()) };
}

/** Keeps an answer for a minute; a failure is not kept. */
function remembered(ask: () => Promise<string>): () => Promise<string> {
  let known: { answer: Promise<string>; until: number } | undefined;
  return () => {
    if (!known || performance.now() > known.until) {
      const answer = ask();
      known = { answer, until: performance.now() + 60_000 };
      answer.catch(() => {
        known = undefined;
      });
    }
    return known.answer;
  };
}
