import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { toJsonBytes } from '../host/json-bytes.ts';
import { createReportCache, type ReportCache } from '../scheduler/report-cache.ts';
import { makeCollector } from '../testing/make-collector.ts';
import { type MonitorServer, startMonitorServer } from './monitor-server.ts';

const collectors = [
  makeCollector('cpu-avg-load'),
  makeCollector('diskstats', { category: 'storage' }),
  makeCollector('drbd', { category: 'storage', kind: 'status' }),
];

interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

let cache: ReportCache;
let server: MonitorServer;
let wallTime = Date.now() - 60_000;

beforeEach(async () => {
  cache = createReportCache(collectors, { now: () => 0, wallTime: () => wallTime });
  cache.storeGood('cpu-avg-load', toJsonBytes('{"cpu_number":2,"cpus":[0.5,1],"cpu_total":1.5}'), [], 1);
  cache.storeGood(
    'diskstats',
    toJsonBytes(JSON.stringify(Array.from({ length: 100 }, (_, i) => ({ name: `sd${i}`, readsNum: i, writes: 2 * i })))),
    [],
    1,
  );
  server = await startMonitorServer({
    host: '127.0.0.1',
    port: 0,
    cache,
    collectors: [],
    agent: () => ({ threads: 1, stuckThreads: 0 }),
    now: () => 0,
    access: { tokens: [], certificates: false },
  });
});
afterEach(() => server.close());

async function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Got> {
  const request = httpRequest({ port: server.port, path, method, headers, agent: false }).end();
  const [response] = await once(request, 'response');
  const body = Buffer.concat(await response.toArray());
  return { status: response.statusCode, headers: response.headers, body, text: body.toString() };
}

/** Sends bytes as they are, and returns the first line of what comes back. */
async function raw(bytes: string): Promise<string> {
  const socket = connect(server.port, '127.0.0.1');
  socket.end(bytes);
  return (
    Buffer.concat(await socket.toArray())
      .toString()
      .split('\r\n', 1)[0] ?? ''
  );
}

describe("Ganeti's protocol", () => {
  const answers: readonly (readonly [path: string, status: number, body: RegExp])[] = [
    ['/', 200, /^\[1\]$/],
    ['/1', 200, /^null$/],
    ['/1/', 200, /^null$/],
    ['/1/list/collectors', 200, /^\[\["cpu-avg-load","default",0\],\["diskstats","storage",0\],\["drbd","storage",1\]\]$/],
    [
      '/1/report/default/cpu-avg-load',
      200,
      /^\{"name":"cpu-avg-load","version":"B","format_version":1,"timestamp":\d{19},"category":null,"kind":0,"data":\{"cpu_number":2,"cpus":\[0.5,1\],"cpu_total":1.5\}\}$/,
    ],
    ['/1/report/storage/drbd', 200, /"category":"storage","kind":1,"data":\{"status":\{"code":2,/],
    ['/1/report/all', 200, /^\[\{"name":"cpu-avg-load",.*\},\{"name":"diskstats",.*\},\{"name":"drbd",.*\}\]$/],
    ['/nosuch', 404, /^Resource not found$/],
    ['/2', 200, /^null$/],
    ['/3', 404, /^Resource not found$/],
    ['/1/nosuch', 404, /^Resource not found$/],
    ['/1/list', 404, /^Resource not found$/],
    ['/1/report/storage/cpu-avg-load', 404, /^Unable to produce a report for the requested resource$/],
    ['/1/report/default/diskstats', 404, /^Unable to produce a report for the requested resource$/],
    ['/1/report/nosuch/drbd', 404, /^Unable to produce a report for the requested resource$/],
    ['/1/report//cpu-avg-load', 404, /^Unable to produce a report for the requested resource$/],
    ['/1/report/storage', 404, /^Unable to produce a report for the requested resource$/],
    ['/1/report/%zz/drbd', 404, /^Resource not found$/],
    ['/1/report/storage/__proto__', 404, /^Unable to/],
    ['/../../etc/passwd', 404, /^Resource not found$/],
  ];
  for (const [path, status, body] of answers) {
    test(`${path} ${status}`, async () => {
      const got = await get(path);
      assert.equal(got.status, status);
      assert.match(got.text, body);
      const head = await get(path, {}, 'HEAD');
      assert.deepEqual([head.status, head.text, head.headers['content-length']], [status, '', String(got.body.length)]);
    });
  }

  test('nothing but GET and HEAD', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const got = await get('/', {}, method);
      assert.deepEqual([got.status, got.headers.allow], [405, 'GET, HEAD']);
    }
  });

  test('a collector in trouble is answered with its last good data', async () => {
    cache.storeTrouble('diskstats', { failure: 'timed-out', problem: 'no answer within 2 s', attempts: 3 });
    const report = JSON.parse((await get('/2/report/storage/diskstats')).text);
    assert.deepEqual([report.trouble.failure, report.data.length], ['timed-out', 100]);
  });
});

describe('malformed requests', () => {
  const requests: readonly (readonly [what: string, bytes: string, answer: RegExp])[] = [
    ['noise', '\u0000\u0001 nonsense\r\n\r\n', /^HTTP\/1.1 400/],
    ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001', /^HTTP\/1.1 400/],
    ['a version of the future', 'GET / HTTP/9.9\r\n\r\n', /^HTTP\/1.1 400/],
    ['an endless header', `GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1.1 431/],
    ['an endless path', `GET /${'y'.repeat(20_000)} HTTP/1.1\r\nhost: a\r\n\r\n`, /^HTTP\/1.1 431/],
    ['two lengths', 'GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx', /^HTTP\/1.1 400/],
    ['another host as path', 'GET http://other/1/report/all HTTP/1.1\r\nhost: other\r\n\r\n', /^HTTP\/1.1 404/],
    ['a hint of a tunnel', 'CONNECT other:80 HTTP/1.1\r\nhost: other\r\n\r\n', /^$/],
  ];
  for (const [what, bytes, answer] of requests) {
    test(what, async () => {
      assert.match(await raw(bytes), answer);
      assert.equal((await get('/')).text, '[1]');
    });
  }
});

describe('only what is wanted', () => {
  test('fields of each report, through arrays', async () => {
    const all = JSON.parse((await get('/1/report/all?fields=name,data.cpu_total,data.readsNum')).text);
    assert.deepEqual(all[0], { name: 'cpu-avg-load', data: { cpu_total: 1.5 } });
    assert.deepEqual(all[1].data[7], { readsNum: 7 });
    const one = JSON.parse((await get('/1/report/default/cpu-avg-load?fields=data.cpus,data.nosuch.x,data.__proto__')).text);
    assert.deepEqual(one, { data: { cpus: [0.5, 1] } });
  });

  const namesSince = async (since: string): Promise<string[]> =>
    JSON.parse((await get(`/1/report/all?since=${since}&fields=name`)).text).map(({ name }: { name: string }) => name);

  test('what changed since a time', async () => {
    const before = wallTime;
    assert.deepEqual(await namesSince(`${before - 1}000000`), ['cpu-avg-load', 'diskstats', 'drbd']);
    assert.deepEqual(await namesSince(`${before}999000`), []);
    assert.equal((await get(`/1/report/storage/drbd?since=${before}999000`)).status, 204);
    wallTime += 5;
    cache.storeGood('drbd', toJsonBytes('{}'), [], 1);
    assert.deepEqual(await namesSince(`${before}999000`), ['drbd']);
    assert.equal((await get(`/1/report/storage/drbd?since=${before}999000`)).status, 200);
    assert.equal((await namesSince(`${Date.now() + 3_600_000}000000`)).length, 3, 'a time ahead: the clock was set back');
  });

  test('a poller that asks with the newest timestamp it has gets each change once, also of the same millisecond, and of trouble', async () => {
    /** As digits: it has more than a number holds. */
    const newest = async () =>
      (await get('/2/report/all')).text
        .match(/(?<="timestamp":)\d{19}/g)
        ?.sort()
        .at(-1) ?? '';
    let cursor = await newest();
    assert.deepEqual(await namesSince(cursor), []);
    for (const name of ['cpu-avg-load', 'drbd']) {
      cache.storeGood(name, toJsonBytes('{}'), [], 1);
      assert.deepEqual(await namesSince(cursor), [name]);
      cursor = await newest();
    }
    cache.storeTrouble('drbd', { failure: 'failed', problem: 'gone', attempts: 1 });
    assert.deepEqual(await namesSince(cursor), ['drbd']);
    assert.deepEqual(await namesSince(await newest()), []);
    cache.storeGood('drbd', toJsonBytes('{}'), [], 1);
  });

  test('what cannot be understood is refused, with what would be', async () => {
    const refused: readonly (readonly [query: string, text: RegExp])[] = [
      ['since=yesterday', /nanoseconds since 1970.*"yesterday"/],
      ['since=-1', /"-1"/],
      ['since=', /""/],
      ['fields=nmae', /begin with one of name, .*"nmae"/],
      ['fields=', /""/],
      ['fields=data,,kind', /""/],
    ];
    for (const path of ['/1/report/all', '/1/report/storage/drbd', '/1/events'])
      for (const [query, text] of refused) {
        const got = await get(`${path}?${query}`);
        assert.equal(got.status, 400);
        assert.match(got.text, text);
      }
  });

  test('nothing when the client has it already', async () => {
    const first = await get('/1/report/all');
    const etag = first.headers.etag ?? '';
    const again = await get('/1/report/all', { 'if-none-match': `"other", W/${etag}` });
    assert.deepEqual([again.status, again.text, again.headers.etag], [304, '', etag]);
    const packed = await get('/1/report/all', { 'accept-encoding': 'gzip', 'if-none-match': '"other"' });
    assert.equal(packed.headers.etag, etag.replace(/"$/, '-gzip"'), 'other bytes, another tag');
    assert.equal((await get('/1/report/all', { 'accept-encoding': 'gzip', 'if-none-match': String(packed.headers.etag) })).status, 304);
    const one = (await get('/1/report/default/cpu-avg-load')).headers.etag ?? '';
    cache.storeGood('drbd', toJsonBytes('{"changed":1}'), [], 1);
    assert.equal((await get('/1/report/all', { 'if-none-match': etag })).status, 200);
    assert.equal((await get('/1/report/default/cpu-avg-load', { 'if-none-match': one })).status, 304, 'only another one changed');
  });

  test('nothing of a selection when the client has it already; with each change of what it is of, another tag', async () => {
    const [all, one] = ['/1/report/all?fields=name,data', '/1/report/default/cpu-avg-load?fields=name,data'];
    const tagOf = async (path: string) => String((await get(path)).headers.etag);
    const statusOf = async (path: string, etag: string) => (await get(path, { 'if-none-match': etag })).status;
    const [tagAll, tagOne] = [await tagOf(all), await tagOf(one)];
    assert.deepEqual([await statusOf(all, tagAll), await statusOf(one, tagOne)], [304, 304]);
    cache.storeGood('drbd', toJsonBytes('{"changed":2}'), [], 2);
    assert.deepEqual([await statusOf(all, tagAll), await statusOf(one, tagOne)], [200, 304]);
    assert.notEqual(await tagOf(all), tagAll);
    cache.storeGood('cpu-avg-load', toJsonBytes('{"changed":3}'), [], 3);
    assert.deepEqual([await statusOf(one, tagOne), await statusOf(one, await tagOf(one))], [200, 304]);
    assert.match((await get(one, { 'if-none-match': tagOne })).text, /"changed":3/);
    assert.equal(await statusOf(one, '*'), 304);
  });

  test('compressed when the client can and it is worth it', async () => {
    const plain = await get('/1/report/all');
    const small = await get('/1/report/all', { 'accept-encoding': 'br, gzip;q=0.5' });
    assert.equal(small.headers['content-encoding'], 'gzip');
    assert.ok(small.body.length * 3 < plain.body.length);
    assert.deepEqual(gunzipSync(small.body), plain.body);
    assert.equal((await get('/1/report/all', { 'accept-encoding': 'gzip;q=0' })).headers['content-encoding'], undefined);
    assert.equal((await get('/', { 'accept-encoding': 'gzip' })).headers['content-encoding'], undefined);
  });
});

/** Reads a stream of events until `count` are there. */
async function events(
  count: number,
  headers: Record<string, string>,
  meanwhile: () => void,
  query = '',
): Promise<{ id: string; data: { name: string } }[]> {
  const request = httpRequest({ port: server.port, path: `/1/events${query}`, headers, agent: false }).end();
  const [response] = await once(request, 'response');
  assert.equal(response.headers['content-type'], 'text/event-stream');
  let text = '';
  let told = false;
  for await (const chunk of response) {
    text += chunk;
    if (!told) meanwhile();
    told = true;
    const whole = text.split('\n\n').filter((event) => event.startsWith('event: report\n'));
    if (text.endsWith('\n\n') && whole.length >= count) {
      return whole.map((event) => {
        const [, id = '', data = ''] = event.split('\n');
        return { id: id.slice(4), data: JSON.parse(data.slice(6)) };
      });
    }
  }
  return assert.fail('the stream ended');
}

test('live events: first what there is, then each change; one who comes again goes on where it was', async () => {
  const first = await events(4, {}, () => cache.storeGood('drbd', toJsonBytes('{"live":1}'), [], 1));
  assert.deepEqual(first.map(({ data }) => data.name).sort(), ['cpu-avg-load', 'diskstats', 'drbd', 'drbd']);
  const last = first.at(-1)?.id ?? '';
  cache.storeGood('cpu-avg-load', toJsonBytes('{"missed":1}'), [], 1);
  const second = await events(2, { 'last-event-id': last }, () => cache.storeGood('diskstats', toJsonBytes('{"live":2}'), [], 1));
  assert.deepEqual(
    second.map(({ data }) => data.name),
    ['cpu-avg-load', 'diskstats'],
  );
  const other = await events(3, { 'last-event-id': 'of-before-99999' }, () => undefined);
  assert.equal(other.length, 3, 'an id of another start of the agent counts for nothing');
});

test('live events of what is wanted only', async () => {
  wallTime += 1;
  const since = `${wallTime}000000`;
  cache.storeGood('diskstats', toJsonBytes('[{"name":"sda","readsNum":7}]'), [], 1);
  const change = () => cache.storeGood('cpu-avg-load', toJsonBytes('{"cpu_number":2,"cpu_total":1}'), [], 1);
  const got = await events(2, {}, change, `?since=${BigInt(since) - 1000n}&fields=name,data.cpu_total`);
  assert.deepEqual(
    got.map(({ data }) => data),
    [
      { name: 'diskstats', data: [{}] },
      { name: 'cpu-avg-load', data: { cpu_total: 1 } },
    ],
  );
});

test('too many event streams are refused, and ended ones make room', async () => {
  const streams = Array.from({ length: 64 }, () => httpRequest({ port: server.port, path: '/1/events', agent: false }).end());
  await Promise.all(streams.map((stream) => once(stream, 'response')));
  assert.equal((await get('/1/events')).status, 503);
  assert.equal((await get('/1/events', {}, 'HEAD')).status, 200);
  for (const stream of streams) stream.on('error', () => undefined).destroy();
  await events(3, {}, () => undefined).catch(() => events(3, {}, () => undefined));
});

test('requests sent ahead are answered one after the other; who sends too many is cut off', async () => {
  const ask = (path: string) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;
  const socket = connect(server.port, '127.0.0.1');
  socket.write(['/', '/1', '/none', '/1/report/storage/drbd', '/'].map(ask).join(''));
  let text = '';
  while (!text.endsWith('[1]') || text.split('HTTP/1.1 ').length < 6) text += String((await once(socket, 'data'))[0]);
  assert.deepEqual(
    text.match(/HTTP\/1.1 \d+/g)?.map((line) => line.slice(9)),
    ['200', '200', '404', '200', '200'],
  );
  socket.destroy();
  // Two streams on one connection: the second waits for the end of the first, and so do they all.
  const greedy = connect(server.port, '127.0.0.1').on('error', () => undefined);
  greedy.write(ask('/1/events').repeat(100));
  let streamed = '';
  greedy.on('data', (data) => (streamed += String(data)));
  await once(greedy, 'close');
  assert.ok(streamed.split('HTTP/1.1 200').length <= 2);
  const many = connect(server.port, '127.0.0.1')
    .pause()
    .on('error', () => undefined);
  const { rss } = process.memoryUsage();
  many.write(ask('/metrics').repeat(1700));
  // Who reads nothing finds out when it writes.
  while (!many.destroyed) {
    many.write('\r\n');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.ok(process.memoryUsage().rss - rss < 100 * 1024 * 1024);
});

test('a thousand slow clients: some send a letter at a time, some never read, and the others are answered', async () => {
  const large = toJsonBytes(JSON.stringify('x'.repeat(900_000)));
  const sockets: Socket[] = [];
  for (let i = 0; i < 1000; i++) {
    const socket = connect(server.port, '127.0.0.1').on('error', () => undefined);
    sockets.push(socket);
    if (i % 2 === 0) socket.write('GET /1/rep');
    else socket.pause().write('GET /1/report/storage/diskstats HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(4));
    if (i % 20 === 0) {
      cache.storeGood('diskstats', large, [], 1);
      assert.equal((await get('/')).text, '[1]');
    }
  }
  await Promise.all(sockets.filter(({ connecting }) => connecting).map((socket) => once(socket, 'connect').catch(() => undefined)));
  const { rss } = process.memoryUsage();
  for (let i = 0; i < 50; i++) cache.storeGood('diskstats', large, [], 1);
  assert.equal((await get('/1/report/storage/diskstats')).body.length > 900_000, true);
  assert.ok(process.memoryUsage().rss - rss < 200 * 1024 * 1024);
  for (const socket of sockets) socket.destroy();
});
