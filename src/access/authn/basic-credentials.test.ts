import assert from 'node:assert/strict';
import { test } from 'node:test';
import { basicCredentials } from './basic-credentials.ts';

const encoded = (text: string) => Buffer.from(text).toString('base64');

test('a header holds a user and a password, which may be empty and may have colons', () => {
  assert.deepEqual(basicCredentials(`Basic ${encoded('a:b')}`), { user: 'a', password: 'b' });
  assert.deepEqual(basicCredentials(`BASIC   ${encoded('ä:b:c')}`), { user: 'ä', password: 'b:c' });
  assert.deepEqual(basicCredentials(`Basic ${encoded('a:')}`), { user: 'a', password: '' });
  for (const header of [
    undefined,
    '',
    'Basic',
    'Basic ',
    `Basic ${encoded('ab')}`,
    `Basic ${encoded(':b')}`,
    `xBasic ${encoded('a:b')}`,
    `Basic ${encoded('a:b')} x`,
  ])
    assert.equal(basicCredentials(header), undefined, String(header));
});
