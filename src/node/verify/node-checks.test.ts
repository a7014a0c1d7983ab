import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { GantryError } from '../../base/index.ts';
import type { RpcParams } from '../../rpc/index.ts';
import type { NodeParts } from '../node-parts.ts';
import { checkBridges } from './check-bridges.ts';
import { checkCertificate } from './check-certificate.ts';
import { checkFolders } from './check-folders.ts';
import { checkHypervisors } from './check-hypervisors.ts';
import { checkRestarts } from './check-restarts.ts';
import type { NodeCheck } from './node-check.ts';

/** Code and subject of what a check finds. */
const found = async (check: NodeCheck, parts: object, params: object = {}) =>
  (await check(parts as NodeParts, params as RpcParams<'node-verify'>)).map(({ code, subject }) => `${code} ${subject}`);

describe('what a node looks at', () => {
  it('are its bridges and switches', async () => {
    const network = { bridgeExists: async (name: string) => name === 'br0', switchExists: async (name: string) => name === 'sw0' };
    const params = { bridges: ['br0', 'br1'], switches: ['sw0', 'br0'] };
    assert.deepEqual(await found(checkBridges, { network }, params), [
      'VERIFY_BRIDGE_MISSING bridge br1',
      'VERIFY_SWITCH_MISSING switch br0',
    ]);
    assert.deepEqual(await found(checkBridges, { network }, { bridges: ['br0'] }), []);
  });

  it('is the age of its certificate', async () => {
    const old = (needs: boolean) => ({ certificates: { needsRenewal: () => needs } });
    assert.deepEqual(await found(checkCertificate, old(true)), ['VERIFY_CERTIFICATE_OLD certificate of the node']);
    assert.deepEqual(await found(checkCertificate, old(false)), []);
  });

  it('are its folders: that they can be written, and by nobody else', async () => {
    const parts = {
      folderProblem: async (path: string) => (path.includes('bad') ? 'does not exist' : null),
      folderExposure: async (path: string) => (path.includes('open') ? '0777' : null),
    };
    assert.deepEqual(await found(checkFolders, parts, { storage_dirs: ['/good', '/bad', '/open', '/bad-open'] }), [
      'VERIFY_STORAGE_DIR folder /bad',
      'VERIFY_STORAGE_MODE folder /open',
      'VERIFY_STORAGE_DIR folder /bad-open',
      'VERIFY_STORAGE_MODE folder /bad-open',
    ]);
  });

  it('are its hypervisors, and what each finds', async () => {
    const problem = { code: 'HYPERVISOR_LEFTOVER', subject: 'web1', text: 't', todo: 'd' };
    const hypervisors = new Map<string, object>([
      ['kvm', { verify: async () => [problem, { ...problem, ganeti_code: 'OTHER' }] }],
      ['fake', { verify: () => Promise.reject(new GantryError('HYPERVISOR_MISSING', { program: 'qemu', problem: 'none' })) }],
    ]);
    const params = { hypervisors: ['kvm', 'fake', 'lxc'] } as unknown as RpcParams<'node-verify'>;
    const all = await checkHypervisors({ hypervisors } as unknown as NodeParts, params);
    assert.deepEqual(
      all.map(({ code, subject, ganeti_code: ganeti }) => [code, subject, ganeti]),
      [
        ['HYPERVISOR_LEFTOVER', 'web1', 'ENODEHV'],
        ['HYPERVISOR_LEFTOVER', 'web1', 'OTHER'],
        ['HYPERVISOR_MISSING', 'hypervisor fake', 'ENODEHV'],
        ['VERIFY_HYPERVISOR_MISSING', 'hypervisor lxc', 'ENODEHV'],
      ],
    );
  });

  it('are daemons that were started again within a day', async () => {
    const runDir = await mkdtemp(join(tmpdir(), 'gantry-restarts-'));
    try {
      assert.deepEqual(await found(checkRestarts, {}), []);
      assert.deepEqual(await found(checkRestarts, { runDir }), []);
      const now = Date.now() / 1000;
      const restarts = { master: { count: 3, last: now - 86_000 }, monitor: { count: 1, last: now - 87_000 } };
      await writeFile(join(runDir, 'restarts.json'), JSON.stringify(restarts));
      assert.deepEqual(await found(checkRestarts, { runDir }), ['VERIFY_DAEMON_RESTARTED master']);
      const [told] = await checkRestarts({ runDir } as NodeParts, {} as never);
      assert.match(told?.text ?? '', new RegExp(new Date((now - 86_000) * 1000).toISOString().slice(0, 16)));
    } finally {
      await rm(runDir, { recursive: true });
    }
  });
});
