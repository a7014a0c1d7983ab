import { connect, type Socket } from 'node:net';

/** What is asked, and how often. */
export interface LoadPlan {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly perSecond: number;
  readonly seconds: number;
}

/** Milliseconds from sending, or from when it was due where no connection was free, to the last byte. */
export interface LoadTimes {
  /** Of a body as it is sent. */
  readonly bytes: number;
  readonly answered: number;
  /** Answers other than 200, and connections that broke. */
  readonly failed: number;
  readonly perSecond: number;
  readonly median: number;
  readonly p99: number;
  readonly longest: number;
  /** How late this process itself was at the worst but one percent: what it could not have measured; NaN where it cannot be told. */
  readonly behind: number;
}

/** Connections at most; while all of them wait, requests that are due wait too, and their time runs. */
const most = 256;

interface Connection {
  readonly socket: Socket;
  /** When what it waits for began; undefined while it is free. */
  begun: number | undefined;
  reply: ReplyReader;
}

/** Asks at a steady pace, whether or not the answers to earlier requests are there. */
export async function askSteadily({ port, path, headers, perSecond, seconds }: LoadPlan): Promise<LoadTimes> {
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const request = Buffer.from(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${head.join('')}\r\n`);
  const total = Math.round(perSecond * seconds);
  const times: number[] = [];
  const behind: number[] = [];
  const free: Connection[] = [];
  const due: number[] = [];
  const done = Promise.withResolvers<void>();
  let [connections, failed, bytes, sent] = [0, 0, 0, 0];

  const use = (connection: Connection, begun: number) => {
    connection.begun = begun;
    connection.reply = createReplyReader();
    connection.socket.write(request);
  };
  const settle = () => {
    if (sent === total && times.length + failed === total) done.resolve();
  };
  const finish = (connection: Connection) => {
    if (connection.begun === undefined) return;
    if (connection.reply.status === 200) times.push(performance.now() - connection.begun);
    else failed++;
    bytes = connection.reply.bytes;
    connection.begun = undefined;
    const next = due.shift();
    if (next === undefined) free.push(connection);
    else use(connection, next);
    settle();
  };
  const lose = (connection: Connection) => {
    connections--;
    if (free.includes(connection)) free.splice(free.indexOf(connection), 1);
    if (connection.begun === undefined) return;
    connection.begun = undefined;
    failed++;
    settle();
  };
  const open = (): Connection => {
    connections++;
    const onread = {
      buffer: Buffer.allocUnsafe(256 * 1024),
      callback: (length: number, buffer: Uint8Array) => {
        if (connection.reply.take(buffer.subarray(0, length))) finish(connection);
        return true;
      },
    };
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread });
    const connection: Connection = { socket, begun: undefined, reply: createReplyReader() };
    socket.on('error', () => undefined).on('close', () => lose(connection));
    return connection;
  };
  const ask = (moment: number) => {
    const connection = free.pop() ?? (connections < most ? open() : undefined);
    if (connection) use(connection, performance.now());
    else due.push(moment);
  };

  const start = performance.now();
  while (sent < total) {
    const moment = start + (sent * 1000) / perSecond;
    const wait = moment - performance.now();
    if (wait > 0.5) await new Promise((resolve) => setTimeout(resolve, wait));
    behind.push(performance.now() - moment);
    sent++;
    ask(moment);
  }
  settle();
  await done.promise;
  const took = (performance.now() - start) / 1000;
  for (const { socket } of free) socket.destroy();
  const at = quantiles(times);
  return {
    bytes,
    answered: times.length,
    failed,
    perSecond: times.length / took,
    median: at(0.5),
    p99: at(0.99),
    longest: at(1),
    behind: quantiles(behind)(0.99),
  };
}

export function quantiles(values: readonly number[]): (part: number) => number {
  const sorted = Float64Array.from(values).sort();
  return (part) => sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN;
}

interface ReplyReader {
  readonly status: number;
  readonly bytes: number;
  /** @returns whether the reply is whole */
  take(chunk: Uint8Array): boolean;
}

const lastChunk = '0\r\n\r\n';

/** Reads one reply, of known length or in chunks; its bytes are counted and not kept. */
function createReplyReader(): ReplyReader {
  let head = '';
  let [status, bytes, length] = [0, 0, Number.NaN];
  let tail = '';
  const body = (chunk: Uint8Array): boolean => {
    bytes += chunk.length;
    if (!Number.isNaN(length)) return bytes >= length;
    tail = (tail + Buffer.from(chunk.subarray(-lastChunk.length)).toString('latin1')).slice(-lastChunk.length);
    return tail === lastChunk;
  };
  return {
    get status() {
      return status;
    },
    get bytes() {
      return bytes;
    },
    take: (chunk) => {
      if (status !== 0) return body(chunk);
      const before = head.length;
      head += Buffer.from(chunk).toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return false;
      status = Number(/^HTTP\/1\.\d (\d{3})/.exec(head)?.[1]);
      length = Number(/\r\ncontent-length: *(\d+)/i.exec(head.slice(0, end))?.[1] ?? Number.NaN);
      return body(chunk.subarray(end + 4 - before));
    },
  };
}

if (import.meta.main) {
  process.on('disconnect', () => process.exit());
  process.send?.(await askSteadily(JSON.parse(process.argv[2] ?? '') as LoadPlan));
}
