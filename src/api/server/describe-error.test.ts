import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { GantryError } from '../../base/index.ts';
import { answerUnreadable } from './answer-unreadable.ts';
import { describeError } from './describe-error.ts';

test('what the server refuses has a code of the catalogue', () => {
  const described = (thrown: unknown) => {
    const error = describeError(thrown, 1000);
    assert.equal(error.cause, thrown);
    return [error.code, error.facts];
  };
  for (const [code, expected, facts] of [
    ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'API_MEDIA_TYPE', {}],
    ['FST_ERR_CTP_BODY_TOO_LARGE', 'API_BODY_TOO_LARGE', { limit: 1000 }],
    ['FST_ERR_MAX_PARAM_LENGTH', 'API_PATH_TOO_LONG', { limit: 300 }],
    ['FST_ERR_BAD_URL', 'API_REQUEST_INVALID', { problem: 'The path is not well encoded' }],
    ['FST_ERR_HANDLER_TIMEOUT', 'API_HANDLER_TIMED_OUT', {}],
  ] as const)
    assert.deepEqual(described({ code, statusCode: 500 }), [expected, facts], code);
  assert.deepEqual(described({ statusCode: 400, message: 'no length' }), ['API_REQUEST_INVALID', { problem: 'no length' }]);
  assert.deepEqual(described({ statusCode: 499 }), ['API_REQUEST_INVALID', { problem: 'it cannot be read' }]);
  for (const statusCode of [399, 500, '400', undefined])
    assert.deepEqual(described(Object.assign(new Error('x'), { statusCode })), ['INTERNAL', { detail: 'x' }], String(statusCode));
  const own = new GantryError('API_MEDIA_TYPE');
  assert.equal(describeError(own, 1), own);
});

/** What a connection is sent before it is cut, for an error of the parser. */
async function answerTo(code: string | undefined, isWritable = true): Promise<string> {
  let text = '';
  const socket = new Duplex({
    read: () => undefined,
    write(piece: Buffer, _encoding, done) {
      text += piece.toString();
      done();
    },
  });
  socket.on('error', () => undefined);
  if (!isWritable) socket.end();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  answerUnreadable(Object.assign(new Error('x'), code === undefined ? {} : { code }), socket);
  await closed;
  assert.equal(socket.destroyed, true);
  return text;
}

test('what the parser of HTTP refuses is answered, and the connection cut', async () => {
  const codeIn = (text: string) => /"code":"(\w+)"/.exec(text)?.[1];
  const tooLarge = await answerTo('HPE_HEADER_OVERFLOW');
  assert.match(tooLarge, /^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
  assert.equal(codeIn(tooLarge), 'API_HEAD_TOO_LARGE');
  const [head = '', body = ''] = tooLarge.split('\r\n\r\n');
  assert.match(head, new RegExp(`\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`));
  assert.match(head, /\r\nconnection: close\r\n/);
  assert.match(head, /\r\nx-content-type-options: nosniff\r\n/);
  assert.match(await answerTo('ERR_HTTP_REQUEST_TIMEOUT'), /^HTTP\/1\.1 408 Request Timeout\r\n[^]*"API_REQUEST_TOO_SLOW"/);
  const bad = await answerTo('HPE_INVALID_METHOD');
  assert.match(bad, /^HTTP\/1\.1 400 Bad Request\r\n/);
  assert.equal((JSON.parse(bad.split('\r\n\r\n')[1] ?? '') as { message: string }).message, 'Bad request syntax or unsupported method');
});

test('who has not shaken hands, or reads no more, gets no answer', async () => {
  assert.equal(await answerTo('ECONNRESET'), '');
  assert.equal(await answerTo(undefined), '');
  assert.equal(await answerTo('HPE_INVALID_METHOD', false), '');
});
