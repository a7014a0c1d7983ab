import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Clock, silentLog } from '../base/index.ts';
import { CertificateRenewer } from './certificate-renewer.ts';
import { changingConfig } from './testing/changing-config.ts';
import { plainLive, plainNode, plainUuid } from './testing/plain-config.ts';

const now = 2e12;
const days = (count: number) => ({ certificate_expires: now / 1000 + count * 86_400 });
const clock: Clock = { now: () => now, sleep: async () => undefined };
const uuidOf = (number: number) => plainUuid(2, number);

/** Nodes whose certificates end as their reports say; the key of node `number` is the digit `keys[number]`. */
function rig(live: Parameters<typeof plainLive>[0], keys: Record<number, string> = {}) {
  const nodes = [0, 1, 2, 3].map((number) => plainNode(number, number === 1 ? { secondary_ip: '198.51.100.1' } : {}));
  const config = changingConfig({ nodes, instances: [] });
  const [calls, signed, refreshed]: [unknown[], unknown[], string[]] = [[], [], []];
  const recorded = () => config.current.nodes.get(uuidOf(1))?.certificates;
  const renewer = new CertificateRenewer({
    config,
    leadership: { rider: () => ({ compares: [], writes: [] }) },
    nodes: {
      call: (async (uuid: string, method: string, params: unknown, options?: { stepId?: string }) => {
        calls.push([uuid, method, params, options?.stepId, recorded()]);
        return { csr: `request of ${uuid}` };
      }) as never,
    },
    live: { ...plainLive(live), refresh: async (uuid) => void refreshed.push(uuid) },
    authority: {
      ca: 'the CA',
      signNode: async (csr: string, node: unknown) => {
        signed.push([csr, node]);
        const number = nodes.findIndex(({ uuid }) => csr.endsWith(uuid));
        return { certificate: `signed ${number}`, fingerprint: (keys[number] ?? '0').repeat(64), serial: 'ab', expires: now };
      },
    } as never,
    revocations: { current: async () => 'the list' },
    clock,
    log: silentLog,
  });
  return { renewer, calls, signed, refreshed, recorded };
}

describe('certificates of nodes', () => {
  it('are renewed when less than 120 days are left, of nodes that answer', async () => {
    const { renewer, signed } = rig({ [uuidOf(0)]: days(120.01), [uuidOf(1)]: days(120), [uuidOf(2)]: days(-1) });
    assert.deepEqual(await renewer.look(), ['node1', 'node2'], 'node3 does not tell when its certificate ends');
    assert.deepEqual(signed, [
      [`request of ${uuidOf(1)}`, { name: 'node1', addresses: ['192.0.2.2', '198.51.100.1'] }],
      [`request of ${uuidOf(2)}`, { name: 'node2', addresses: ['192.0.2.3'] }],
    ]);
    const { renewer: other } = rig({ [uuidOf(1)]: null });
    assert.deepEqual(await other.look(), []);
  });

  it('are recorded before they are handed over, and looked at again', async () => {
    const { renewer, calls, refreshed } = rig({ [uuidOf(1)]: days(1) });
    await renewer.look();
    const record = [{ serial: 'ab', expires: now }];
    assert.deepEqual(calls, [
      [uuidOf(1), 'certificate-request', {}, undefined, undefined],
      [
        uuidOf(1),
        'certificate-install',
        { certificate: 'signed 1', ca: 'the CA', crl: 'the list' },
        `certificate/${uuidOf(1)}/2000000000`,
        record,
      ],
    ]);
    assert.deepEqual(refreshed, [uuidOf(1)]);
  });

  it('are not renewed for another key, and one that fails keeps back nobody', async () => {
    const { renewer, calls, recorded } = rig({ [uuidOf(1)]: days(1), [uuidOf(2)]: days(1) }, { 1: 'e' });
    assert.deepEqual(await renewer.look(), ['node2']);
    assert.equal(recorded(), undefined);
    assert.deepEqual(
      (calls as string[][]).map(([uuid, method]) => [uuid, method]),
      [
        [uuidOf(1), 'certificate-request'],
        [uuidOf(2), 'certificate-request'],
        [uuidOf(2), 'certificate-install'],
      ],
    );
  });
});
