import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { until } from '../support/until.ts';

/** A connection to the QEMU guest agent: it works before the guest has an address. */
export interface GuestAgent {
  /** Runs a program as root with `input`, and gives what it printed. Fails with that when it does not exit with 0. */
  execute(path: string, args: readonly string[], input: string, seconds?: number): Promise<string>;
  close(): void;
}

interface Answer {
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
}

interface Outcome {
  readonly exited: boolean;
  readonly exitcode?: number;
  readonly 'out-data'?: string;
  readonly 'err-data'?: string;
}

/** Connects to the agent's socket and waits until the agent answers, which a guest that boots does late. */
export async function connectGuestAgent(path: string, seconds: number): Promise<GuestAgent> {
  const socket = connect(path);
  // Whoever waits for an answer has a limit of its own.
  socket.on('error', () => socket.destroy());
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  let answered: (answer: Answer) => void = () => undefined;
  createInterface({ input: socket }).on('line', (line) => answered(JSON.parse(line) as Answer));

  // The agent answers in order, and its answers have no ids.
  const ask = async (command: string, args: object, limitMs = 20_000): Promise<unknown> => {
    const answer = Promise.withResolvers<Answer>();
    answered = answer.resolve;
    const timer = setTimeout(() => answer.resolve({ error: { desc: `no answer in ${limitMs} ms` } }), limitMs);
    socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    const { return: value, error } = await answer.promise.finally(() => clearTimeout(timer));
    if (error) throw new Error(`guest agent, ${command}: ${error.desc}`);
    return value;
  };

  let id = 1;
  // Answers to earlier questions may still arrive; the one with this id is the last of them.
  const synchronise = async () => (await ask('guest-sync', { id: ++id }, 1000).catch(() => undefined)) === id;
  await until('the guest agent answers', synchronise, { seconds, everyMs: 50 });

  return {
    async execute(program, args, input, limit = 60) {
      const data = Buffer.from(input).toString('base64');
      const started = (await ask('guest-exec', { path: program, arg: args, 'input-data': data, 'capture-output': true })) as {
        pid: number;
      };
      const poll = async () => {
        const status = (await ask('guest-exec-status', { pid: started.pid })) as Outcome;
        return status.exited ? status : undefined;
      };
      const outcome = await until(`${program} has ended in the guest`, poll, { seconds: limit, everyMs: 30 });
      const printed = Buffer.from(outcome['out-data'] ?? '', 'base64').toString();
      if (outcome.exitcode === 0) return printed;
      const errors = Buffer.from(outcome['err-data'] ?? '', 'base64').toString();
      throw new Error(`${program} in the guest ended with ${outcome.exitcode}\n${printed}${errors}`);
    },
    close: () => socket.destroy(),
  };
}
