import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:https';

/** What the measuring process asks of this one, which plays the clients. */
export interface ClientTask {
  readonly port: number;
  readonly ca: string;
  readonly user: string;
  readonly path: string;
  readonly requests: number;
  readonly connections: number;
  /** Sends the ETag of the first reply along, as a client that keeps what it has. */
  readonly conditional: boolean;
}

export interface ClientOutcome {
  readonly seconds: number;
  /** Milliseconds of each request. */
  readonly times: readonly number[];
  /** Milliseconds of the very first request, with its connection already open. */
  readonly firstMs: number;
  readonly bytes: number;
  /** SHA-256 of the first body. */
  readonly hash: string;
}

interface Answer {
  readonly body: Buffer;
  readonly status: number;
  readonly etag: string | undefined;
}

/** One request over a kept-alive connection. */
function get(task: ClientTask, agent: Agent, etag?: string): Promise<Answer> {
  const authorization = `Basic ${Buffer.from(task.user).toString('base64')}`;
  const headers = { authorization, ...(etag && { 'if-none-match': etag }) };
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: task.port, path: task.path, agent, headers }, (reply) => {
      const pieces: Buffer[] = [];
      reply.on('data', (piece: Buffer) => pieces.push(piece));
      reply.on('error', reject);
      reply.on('end', () => resolve({ body: Buffer.concat(pieces), status: reply.statusCode ?? 0, etag: reply.headers.etag }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

async function perform(task: ClientTask): Promise<ClientOutcome> {
  const agent = new Agent({ keepAlive: true, maxSockets: task.connections, ca: task.ca, servername: 'localhost' });
  const times: number[] = [];
  await get({ ...task, path: '/version' }, agent);
  const started = performance.now();
  const first = await get(task, agent);
  const firstMs = performance.now() - started;
  if (first.status !== 200) throw new Error(`${task.path} answered with ${first.status}: ${first.body.toString().slice(0, 200)}`);
  let left = task.requests;
  const client = async () => {
    while (left > 0) {
      left -= 1;
      const begun = performance.now();
      const { status, body } = await get(task, agent, task.conditional ? first.etag : undefined);
      const expected = task.conditional ? status === 304 : status === 200 && body.length === first.body.length;
      if (!expected) throw new Error(`${task.path} answered differently`);
      times.push(performance.now() - begun);
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: task.connections }, client));
  const seconds = (performance.now() - begun) / 1000;
  agent.destroy();
  return { seconds, times, firstMs, bytes: first.body.length, hash: createHash('sha256').update(first.body).digest('hex').slice(0, 16) };
}

process.on('message', (task: ClientTask) => {
  perform(task).then(
    (outcome) => process.send?.(outcome),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
await once(process, 'disconnect');
