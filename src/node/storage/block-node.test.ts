import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { GantryError, run } from '../../base/index.ts';
import type { BlockDescription } from '../../rpc/index.ts';
import { blockNode, blockPlace, formatOf } from './block-node.ts';

const raw = { format: 'raw', size: 1_048_576 } as const;
const rbd: BlockDescription = { driver: 'rbd', pool: 'rbd', image: 'a b', user: 'gantry', conf: '/nowhere/ceph.conf', ...raw };
const gluster: BlockDescription = { driver: 'gluster', servers: [{ host: '127.0.0.1', port: 1 }], volume: 'gv0', path: 'd,1', ...raw };
const nbd = (server: Extract<BlockDescription, { driver: 'nbd' }>['server']): BlockDescription => ({
  ...{ driver: 'nbd', server, export: 'disk0' },
  ...raw,
});
const mount: BlockDescription = { driver: 'mount', path: '/mnt/x', size: 1 };

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-block-'));
  await writeFile(join(folder, 'file'), Buffer.alloc(raw.size));
});
after(() => rm(folder, { recursive: true }));

/** What QEMU says when it opens the disk; empty: it could. */
const openedBy = async (block: BlockDescription): Promise<string> => {
  const options = `json:${JSON.stringify(blockNode(block))}`;
  const result = await run('qemu-io', ['-r', '-U', '-c', 'read 0 512', options], { timeoutMs: 30_000 }).catch((error: unknown) => error);
  return result instanceof GantryError ? String(result.facts['stderr']) : '';
};

describe('a disk that is ready for use', () => {
  it('is named for QEMU by what kind it is', () => {
    const file: BlockDescription = { driver: 'file', path: '/d0', ...raw };
    assert.deepEqual(blockNode(file), { driver: 'file', filename: '/d0' });
    assert.deepEqual(blockNode({ ...file, driver: 'host_device' }), { driver: 'host_device', filename: '/d0' });
    assert.deepEqual(blockNode(rbd), { driver: 'rbd', pool: 'rbd', image: 'a b', user: 'gantry', conf: '/nowhere/ceph.conf' });
    assert.deepEqual(blockNode({ driver: 'rbd', pool: 'p', image: 'i', ...raw }), { driver: 'rbd', pool: 'p', image: 'i' });
    assert.deepEqual(blockNode(nbd({ path: '/s' })), { driver: 'nbd', server: { type: 'unix', path: '/s' }, export: 'disk0' });
    assert.deepEqual(blockNode(nbd({ host: 'h', port: 7 }))['server'], { type: 'inet', host: 'h', port: '7' });
    const server = [{ type: 'inet', host: '127.0.0.1', port: '1' }];
    assert.deepEqual(blockNode(gluster), { driver: 'gluster', volume: 'gv0', path: 'd,1', server });
    assert.throws(() => blockNode(mount), { code: 'INTERNAL' });
  });

  it('is described for people', () => {
    const places = [rbd, gluster, nbd({ path: '/s' }), nbd({ host: 'h', port: 7 }), mount].map(blockPlace);
    assert.deepEqual(places, ['rbd:rbd/a b', 'gluster:gv0/d,1', 'nbd:/s/disk0', 'nbd:h:7/disk0', '/mnt/x']);
    assert.deepEqual([formatOf({ ...rbd, format: 'qcow2' }), formatOf(mount)], ['qcow2', 'raw']);
  });

  it('is opened by QEMU, or refused only for what is missing on this host', async () => {
    assert.equal(await openedBy({ driver: 'file', path: join(folder, 'file'), ...raw }), '');
    // A file is no device, and it is read that there is one: QEMU knows the options.
    assert.match(
      await openedBy({ driver: 'host_device', path: join(folder, 'file'), ...raw }),
      /requires '.*' to be either a character or block device/,
    );
    assert.match(await openedBy(nbd({ path: join(folder, 'nobody') })), /Failed to connect to/);
    // Debian has these drivers in a package of their own (qemu-block-extra).
    assert.match(await openedBy(rbd), /Unknown driver 'rbd'|error reading conf file|error connecting/);
    assert.match(await openedBy(gluster), /Unknown driver 'gluster'|failed to connect|Transport endpoint is not connected/i);
  });
});
