import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { GantryError } from '../../base/index.ts';
import { AnswerStream } from './answer-stream.ts';

/** What the other side of `answer` gets: status, type, lines. */
async function answered(answer: (stream: AnswerStream) => void | Promise<void>, heartbeatMs = 60_000) {
  const server = createServer((_request, response) => void answer(new AnswerStream(response, heartbeatMs)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await new Promise<{ status: number | undefined; type: string | undefined; lines: unknown[] }>((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      const sent = request({ host: '127.0.0.1', port, agent: false }, (response) => {
        const { statusCode: status, headers } = response;
        const toLines = (body: string) =>
          body
            .trimEnd()
            .split('\n')
            .map((line): unknown => JSON.parse(line));
        text(response).then((body) => resolve({ status, type: headers['content-type'], lines: toLines(body) }), reject);
      });
      sent.on('error', reject).end();
    });
  } finally {
    server.close();
  }
}

/** A response whose reader is slow: it takes nothing until it is told. */
class SlowResponse extends EventEmitter {
  writable = true;
  writableNeedDrain = false;
  headersSent = false;
  readonly written: string[] = [];
  write(line: string): void {
    this.written.push(line.trim());
  }
  end(line: string): void {
    this.written.push(`end ${line.trim()}`);
  }
  writeHead(): void {
    this.headersSent = true;
  }
}

const slow = () => {
  const response = new SlowResponse();
  return { response, stream: new AnswerStream(response as unknown as ServerResponse, 60_000) };
};

describe('an answer in lines', () => {
  test('begins alive, tells progress, ends with the result', async () => {
    const { status, type, lines } = await answered((stream) => {
      stream.begin();
      stream.progress({ text: 'half', fraction: 0.5 });
      stream.result({ changed: true });
    });
    assert.deepEqual([status, type], [200, 'application/x-ndjson']);
    assert.deepEqual(lines, [{ alive: true }, { progress: { text: 'half', fraction: 0.5 } }, { result: { changed: true } }]);
  });

  test('says again and again that it is alive, until it ends', async () => {
    const { lines } = await answered(async (stream) => {
      stream.begin();
      await new Promise((resolve) => setTimeout(resolve, 100));
      stream.result(1);
    }, 10);
    assert.ok(lines.length > 3, `${lines.length} lines`);
    assert.deepEqual(new Set(lines.slice(0, -1).map((line) => JSON.stringify(line))), new Set(['{"alive":true}']));
  });

  test('has the status of an error as long as it has not begun', async () => {
    const error = new GantryError('RPC_METHOD_UNKNOWN', { method: 'x' });
    const early = await answered((stream) => stream.error(error));
    assert.deepEqual([early.status, early.type], [error.definition.http, 'application/x-ndjson']);
    assert.deepEqual(early.lines, [{ error: error.toReport() }]);
    const late = await answered((stream) => {
      stream.begin();
      stream.error(error);
    });
    assert.deepEqual([late.status, late.lines.at(-1)], [200, { error: error.toReport() }]);
  });

  test('keeps for a slow reader the newest progress only, before the end or when there is room', () => {
    const { response, stream } = slow();
    response.writableNeedDrain = true;
    stream.progress({ text: 'one' });
    stream.progress({ text: 'two' });
    assert.deepEqual(response.written, []);
    response.writableNeedDrain = false;
    response.emit('drain');
    response.emit('drain');
    assert.deepEqual(response.written, ['{"progress":{"text":"two"}}']);
    response.writableNeedDrain = true;
    stream.progress({ text: 'three' });
    stream.result(1);
    assert.deepEqual(response.written.slice(1), ['{"progress":{"text":"three"}}', 'end {"result":1}']);
  });

  test('writes nothing to a reader that is gone', () => {
    const { response, stream } = slow();
    response.writable = false;
    stream.progress({ text: 'one' });
    stream.result(1);
    assert.deepEqual(response.written, []);
  });

  for (const gone of ['close', 'error'])
    test(`stops saying that it is alive: ${gone}`, (t) => {
      t.mock.timers.enable({ apis: ['setInterval'] });
      const { response, stream } = slow();
      stream.begin();
      t.mock.timers.tick(60_000);
      assert.equal(response.written.length, 2);
      response.emit(gone, new Error('gone'));
      t.mock.timers.tick(600_000);
      assert.equal(response.written.length, 2);
    });
});
