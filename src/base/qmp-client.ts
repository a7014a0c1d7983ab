import { connect } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import { GantryError } from './errors/gantry-error.ts';
import type { Json, JsonObject } from './json.ts';

/** Something that QEMU tells without being asked, e.g. `SHUTDOWN`. */
export interface QmpEvent {
  readonly event: string;
  readonly data: JsonObject;
}

export interface QmpCommand {
  readonly command: string;
  readonly args?: JsonObject;
}

/** A QMP connection after the greeting. */
export interface QmpClient {
  /**
   * Runs one command and gives its `return` value. Commands of several callers may be under way at once.
   * @throws HYPERVISOR_QMP_REFUSED (QEMU's error), HYPERVISOR_QMP_LOST, HYPERVISOR_QMP_GARBLED, HYPERVISOR_QMP_TIMED_OUT
   */
  execute(command: string, args?: JsonObject, timeoutMs?: number): Promise<Json>;
  /**
   * Runs several commands that were written at once, and gives what came of each in their order, the error in place of a
   * value. @throws HYPERVISOR_QMP_LOST, HYPERVISOR_QMP_GARBLED, HYPERVISOR_QMP_TIMED_OUT when one has no answer in time
   */
  executeAll(commands: readonly QmpCommand[], timeoutMs?: number): Promise<readonly (Json | GantryError)[]>;
  /** Calls `listener` for each event from now on; the result ends that. */
  onEvent(listener: (event: QmpEvent) => void): () => void;
  /** Events from now on, one after the other; ends when the connection does. */
  events(): AsyncIterableIterator<QmpEvent>;
  /** Resolves with the reason when the connection ends, however it ends. */
  readonly closed: Promise<GantryError>;
  close(): void;
}

export interface QmpOptions {
  /** Time for connecting and the greeting; default 10,000. */
  readonly connectMs?: number;
  /** Longest line that is accepted, in characters; default 16 Mi. */
  readonly lineLimit?: number;
  /** What errors call the socket; default its path. */
  readonly socketName?: string;
}

/** What arrives is taken out of it at once, so all connections share it: a buffer for each piece would be most of a monitor's garbage. */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/** Milliseconds for a command of which the caller says nothing else. */
const commandMs = 10_000;

interface Waiter {
  readonly command: string;
  readonly resolve: (value: Json) => void;
  readonly reject: (error: GantryError) => void;
}

/**
 * Connects to QEMU's control socket, reads the greeting and leaves the negotiation mode.
 * @throws HYPERVISOR_QMP_LOST, HYPERVISOR_QMP_GARBLED, HYPERVISOR_QMP_TIMED_OUT
 */
export function connectQmp(path: string, options: QmpOptions = {}): Promise<QmpClient> {
  const { connectMs = 10_000, lineLimit = 16 * 1024 * 1024, socketName = path } = options;
  let take: (chunk: Uint8Array) => void = () => undefined;
  const onread = {
    buffer: readBuffer,
    callback: (length: number, buffer: Uint8Array) => {
      take(buffer.subarray(0, length));
      return true;
    },
  };
  const socket = connect({ path, onread });
  const waiting = new Map<number, Waiter>();
  // Replies to commands that were given up may still come; they are no garbage.
  const abandoned = new Set<number>();
  const listeners = new Set<(event: QmpEvent) => void>();
  let nextId = 1;
  let ended: GantryError | undefined;
  const closed = Promise.withResolvers<GantryError>();
  const greeting = Promise.withResolvers<void>();

  const end = (reason: GantryError) => {
    if (ended) return;
    ended = reason;
    socket.destroy();
    greeting.reject(reason);
    for (const waiter of waiting.values()) waiter.reject(reason);
    waiting.clear();
    closed.resolve(reason);
  };
  const lost = (problem: string, cause?: unknown) =>
    end(new GantryError('HYPERVISOR_QMP_LOST', { socket: socketName, problem }, { cause }));
  const garbled = (problem: string) => end(new GantryError('HYPERVISOR_QMP_GARBLED', { socket: socketName, problem }));
  const timedOut = (command: string, ms: number) =>
    new GantryError('HYPERVISOR_QMP_TIMED_OUT', { socket: socketName, command, seconds: ms / 1000 });

  const settle = (message: JsonObject) => {
    const id = message['id'];
    if (typeof id !== 'number') return garbled(`an answer without id: ${excerpt(JSON.stringify(message))}`);
    const waiter = waiting.get(id);
    if (!waiter) return abandoned.delete(id) ? undefined : garbled(`an answer to a command that was never sent, id ${id}`);
    waiting.delete(id);
    if ('return' in message) return waiter.resolve(message['return'] ?? null);
    const error = message['error'] as { class?: string; desc?: string } | undefined;
    waiter.reject(
      new GantryError('HYPERVISOR_QMP_REFUSED', {
        command: waiter.command,
        problem: error?.desc ?? 'no text',
        class: error?.class ?? 'unknown',
      }),
    );
  };

  take = lineReader(lineLimit, garbled, (line) => {
    if (ended) return;
    const message = parseObject(line);
    if (!message) return garbled(excerpt(line));
    if ('QMP' in message) return greeting.resolve();
    if (typeof message['event'] === 'string') {
      const event = { event: message['event'], data: (message['data'] ?? {}) as JsonObject };
      for (const listener of listeners) listener(event);
      return;
    }
    if ('return' in message || 'error' in message) return settle(message);
    garbled(excerpt(line));
  });
  socket.on('error', (error) => lost(error.message, error));
  socket.on('close', () => lost('QEMU closed the connection'));

  const client: QmpClient = {
    closed: closed.promise,
    execute(command, args, limit = commandMs) {
      if (ended) return Promise.reject(ended);
      const id = nextId++;
      const { promise, resolve, reject } = Promise.withResolvers<Json>();
      const timer = setTimeout(() => {
        waiting.delete(id);
        abandoned.add(id);
        reject(timedOut(command, limit));
      }, limit);
      waiting.set(id, { command, resolve, reject });
      socket.write(`${JSON.stringify({ execute: command, arguments: args ?? {}, id })}\n`);
      return promise.finally(() => clearTimeout(timer));
    },
    executeAll(commands, limit = commandMs) {
      if (ended) return Promise.reject(ended);
      const { promise, resolve, reject } = Promise.withResolvers<readonly (Json | GantryError)[]>();
      const answers: (Json | GantryError)[] = [];
      const first = nextId;
      nextId += commands.length;
      let missing = commands.length;
      const timer = setTimeout(() => {
        for (let id = first; id < first + commands.length; id++) if (waiting.delete(id)) abandoned.add(id);
        reject(timedOut(commands.map(({ command }) => command).join(', '), limit));
      }, limit);
      const note = (place: number, answer: Json | GantryError) => {
        answers[place] = answer;
        if (!ended && --missing > 0) return;
        clearTimeout(timer);
        if (ended) reject(ended);
        else resolve(answers);
      };
      for (const [place, { command }] of commands.entries()) {
        const settled = (answer: Json | GantryError) => note(place, answer);
        waiting.set(first + place, { command, resolve: settled, reject: settled });
      }
      const line = ({ command, args = {} }: QmpCommand, place: number) =>
        `${JSON.stringify({ execute: command, arguments: args, id: first + place })}\n`;
      socket.write(commands.map(line).join(''));
      return promise;
    },
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    events: () => iterateEvents(client),
    close: () => lost('closed by the agent'),
  };

  const timer = setTimeout(() => end(timedOut('the connection', connectMs)), connectMs);
  return greeting.promise
    .then(() => client.execute('qmp_capabilities'))
    .then(() => client)
    .catch((error: unknown) => {
      end(GantryError.from(error));
      throw error;
    })
    .finally(() => clearTimeout(timer));
}

/** Cuts the stream into lines; a line beyond `limit` characters is reported once and the rest is ignored. */
function lineReader(limit: number, tooLong: (problem: string) => void, onLine: (line: string) => void): (chunk: Uint8Array) => void {
  const decoder = new StringDecoder('utf8');
  let pieces: string[] = [];
  let length = 0;
  return (chunk) => {
    const text = decoder.write(chunk);
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      length += end - start;
      if (length > limit) return tooLong(`a line of more than ${limit} characters`);
      const line = (pieces.join('') + text.slice(start, end)).trim();
      pieces = [];
      [start, length] = [end + 1, 0];
      if (line !== '') onLine(line);
    }
    length += text.length - start;
    if (length > limit) return tooLong(`a line of more than ${limit} characters`);
    pieces.push(text.slice(start));
  };
}

async function* iterateEvents(client: QmpClient): AsyncGenerator<QmpEvent> {
  const queue: QmpEvent[] = [];
  let wake: () => void = () => {};
  let over = false;
  const stop = client.onEvent((event) => {
    queue.push(event);
    wake();
  });
  void client.closed.then(() => {
    over = true;
    wake();
  });
  try {
    while (true) {
      const event = queue.shift();
      if (event) yield event;
      else if (over) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    stop();
  }
}

function parseObject(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    // Not JSON; the caller reports the line itself.
    return undefined;
  }
}

const excerpt = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);
