import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { gzipBody, wantsGzip } from './gzip-body.ts';

test('gzip is taken by who names it or anything, unless with no weight', () => {
  for (const header of ['gzip', 'br, gzip;q=0.5', 'GZIP', '*', 'deflate, *;q=0.1']) assert.equal(wantsGzip(header), true, header);
  for (const header of [undefined, '', 'br', 'gzip;q=0', 'gzip; q=0.000', 'x-gzip', 'identity'])
    assert.equal(wantsGzip(header), false, String(header));
});

test('a body is compressed once', () => {
  const body = Buffer.from('gantry '.repeat(1000));
  const packed = gzipBody(body);
  assert.equal(gunzipSync(packed).equals(body), true);
  assert.ok(packed.length < 200);
  assert.equal(gzipBody(body), packed);
});
