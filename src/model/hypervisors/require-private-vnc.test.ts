import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { requirePrivateVnc } from './require-private-vnc.ts';

describe('address of VNC', () => {
  it('is one of the host itself, or none', () => {
    for (const address of ['', '127.0.0.1', '127.1.2.3', '::1']) requirePrivateVnc(address);
  });

  it('is refused when the network reaches it, or when it is something else', () => {
    const others = [
      '0.0.0.0',
      '::',
      '10.0.0.1',
      '1127.0.0.1',
      '127.0.0.1.example.org',
      '127.0.0.1,password=on',
      '/run/vnc',
      '127.0.0.1\n',
      ' ',
    ];
    for (const address of others) assert.throws(() => requirePrivateVnc(address), { code: 'VNC_ADDRESS_REFUSED' }, JSON.stringify(address));
  });
});
