import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { dataText } from './data-file.ts';

interface Exchange {
  readonly call: { readonly method: string; readonly args: unknown };
  readonly answer: unknown;
}

/** What a master sends in place of the recorded answer; '' hangs up, undefined says nothing. */
export type Misbehaviour = (answer: string) => string | undefined;

export interface ReplayMaster extends AsyncDisposable {
  readonly path: string;
}

/**
 * A Unix socket that answers each call as a real master once did. A call that was made several times gets its answers
 * in turn.
 */
export async function replayMaster(misbehave: Misbehaviour = (answer) => answer): Promise<ReplayMaster> {
  const folder = await mkdtemp(join(tmpdir(), 'luxi-'));
  const path = join(folder, 'socket');
  const answers = recordedAnswers();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let received = '';
    let sent = Promise.resolve();
    socket.on('error', () => socket.destroy());
    socket.on('data', (piece) => {
      const messages = (received + piece.toString()).split('\x03');
      received = messages.pop() ?? '';
      for (const message of messages) {
        const answer = misbehave(`${JSON.stringify(answers(message))}\x03`);
        if (answer === '') socket.end();
        else if (answer !== undefined) sent = sent.then(() => inPieces(socket, answer));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}

/** As a network may deliver it: cut anywhere. */
async function inPieces(socket: Socket, text: string): Promise<void> {
  const middle = Math.floor(text.length / 3);
  socket.write(text.slice(0, middle));
  await setImmediate();
  socket.write(text.slice(middle));
}

function recordedAnswers(): (message: string) => unknown {
  const byCall = new Map<string, unknown[]>();
  for (const { call, answer } of JSON.parse(dataText('luxi.json')) as Exchange[]) {
    const key = keyOf(call);
    byCall.set(key, [...(byCall.get(key) ?? []), answer]);
  }
  return (message) => {
    const answers = byCall.get(keyOf(JSON.parse(message)));
    if (answers === undefined) return { success: false, result: ['GenericError', ['Unknown method']] };
    return answers.length > 1 ? answers.shift() : answers[0];
  };
}

/** A call without what says who made it and when. */
const keyOf = (call: unknown): string =>
  JSON.stringify(call, (name, value: unknown) => (name === 'comment' || name === 'reason' ? undefined : value));
