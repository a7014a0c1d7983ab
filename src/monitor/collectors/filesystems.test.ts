import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSamples } from '../../base/index.ts';
import { calmRun, createTestHost } from '../testing/test-host.ts';
import { createFilesystems, filesystems, parseMounts } from './filesystems.ts';

test('names with blanks, bind mounts, pseudo file systems', () => {
  const mounts = parseMounts(
    [
      'rootfs / rootfs rw 0 0',
      'proc /proc proc rw,relatime 0 0',
      '/dev/vda /srv/bound ext4 rw,relatime 0 0',
      '/dev/vda / ext4 rw,relatime 0 0',
      '/dev/sdb1 /mnt/with\\040blank\\134\\303\\244 xfs ro,noatime 0 0',
      'tmpfs /run tmpfs rw 0 0',
      'tmpfs /tmp tmpfs rw 0 0',
      'server:/export /mnt/nfs nfs4 rw,hard 0 0',
      '',
    ].join('\n'),
  );
  assert.deepEqual(
    mounts.map(({ device, mountPoint, readOnly }) => [device, mountPoint, readOnly]),
    [
      ['/dev/vda', '/', false],
      ['/dev/sdb1', '/mnt/with blank\\ä', true],
      ['tmpfs', '/run', false],
      ['tmpfs', '/tmp', false],
      ['server:/export', '/mnt/nfs', false],
    ],
  );
  const overlays = 'overlay / overlay rw 0 0\noverlay /var/lib/docker/overlay2/x/merged overlay rw 0 0\n';
  assert.deepEqual(
    parseMounts(overlays).map(({ mountPoint }) => mountPoint),
    ['/'],
  );
  const ofContainers = [
    `tmpfs /var/lib/docker/containers/${'a'.repeat(64)}/mounts/shm tmpfs rw 0 0`,
    'tmpfs /var/lib/kubelet/pods/7/volumes/x tmpfs rw 0 0',
    '/dev/sdb /var/lib/docker ext4 rw 0 0',
  ];
  assert.deepEqual(
    parseMounts(ofContainers.join('\n')).map(({ mountPoint }) => mountPoint),
    ['/var/lib/docker'],
  );
  for (const nothing of ['', '/dev/vda /', '\0\0\0', '\n\n', '/dev/vda / ext4']) assert.deepEqual(parseMounts(nothing), []);
});

test('space of real folders; a mount that has gone is left out', async () => {
  using host = createTestHost();
  host.write('/proc/mounts', `/dev/one ${host.root} ext4 rw 0 0\n/dev/two ${host.root}/gone xfs rw 0 0\n`);
  const collect = host.begin(filesystems);
  const data = await collect(calmRun);
  assert.equal(data.length, 1);
  const [one] = data;
  assert.ok(one && 'size' in one && one.size > 0 && one.free >= one.available && one.inodes >= one.inodesFree);
  const [size] = formatSamples(filesystems, data);
  assert.equal(size?.text, `gantry_node_filesystem_size_bytes{mount="${host.root}",device="/dev/one",type="ext4"} ${one.size}\n`);
  host.vanish('/proc/mounts');
  await assert.rejects(async () => collect(calmRun), /ENOENT/);
});

test('one that hangs has no numbers', () => {
  const texts = formatSamples(filesystems, [{ device: 'server:/x', mountPoint: '/x', type: 'nfs', readOnly: false, hung: true }]);
  assert.deepEqual(
    texts.map(({ text }) => text).filter((text) => text !== ''),
    [
      'gantry_node_filesystem_readonly{mount="/x",device="server:/x",type="nfs"} 0\n',
      'gantry_node_filesystem_hung{mount="/x",device="server:/x",type="nfs"} 1\n',
    ],
  );
});

const stats = { type: 1, bsize: 10, blocks: 100, bfree: 50, bavail: 40, files: 9, ffree: 8 };

test('what the system says of one that fails; it does not hang', async () => {
  using host = createTestHost({ '/proc/mounts': 'server:/a /a nfs rw 0 0\n/dev/b /b ext4 rw 0 0\n' });
  const collector = createFilesystems(async (path) => {
    if (path === '/a') throw Object.assign(new Error('ESTALE: stale file handle, statfs'), { code: 'ESTALE' });
    return stats;
  });
  const data = await host.begin(collector)(calmRun);
  assert.deepEqual(
    data.map((one) => [one.mountPoint, one.hung, 'size' in one ? one.size : 'problem' in one && one.problem]),
    [
      ['/a', false, 'ESTALE: stale file handle, statfs'],
      ['/b', false, 1000],
    ],
  );
  const samples = formatSamples(collector, data).map(
    ({ family, text }) => `${family} ${[...text.matchAll(/\} (\d)\n/g)].map(([, value]) => value).join()}`,
  );
  assert.ok(samples.includes('gantry_node_filesystem_failed 1,0') && samples.includes('gantry_node_filesystem_hung 0,0'), samples.join());
});

test('dead servers keep two threads, also when the collector begins anew; the file systems of the node itself are told of', async () => {
  const remote = ['/a', '/b', '/c', '/d'];
  using host = createTestHost({
    '/proc/mounts': [
      ...remote.map((path) => `server:${path} ${path} nfs4 rw 0 0`),
      '/dev/r / ext4 rw 0 0',
      '/dev/s /s xfs rw 0 0',
      '',
    ].join('\n'),
  });
  const asked: string[] = [];
  const held = Promise.withResolvers<void>();
  const collector = createFilesystems(async (path) => {
    asked.push(path);
    if (path.length > 1 && path !== '/s') await held.promise;
    return stats;
  }, 20);
  const told = async (): Promise<unknown[]> =>
    (await host.begin(collector)(calmRun)).map((one) => (one.hung ? 'hung' : 'problem' in one ? one.problem : one.size));
  const waits = 'not queried, because others do not answer: /a, /b';
  const expected = ['hung', 'hung', waits, waits, 1000, 1000];
  assert.deepEqual(await told(), expected);
  assert.deepEqual(asked.toSorted(), ['/', '/a', '/b', '/s']);
  assert.deepEqual(await told(), expected);
  assert.deepEqual(asked.filter((path) => remote.includes(path)).length, 2);
  held.resolve();
  await new Promise(setImmediate);
  assert.deepEqual(await told(), Array(6).fill(1000));
});

test('a few bytes more or less are no change', () => {
  const one = {
    device: '/dev/a',
    mountPoint: '/',
    type: 'ext4',
    readOnly: false,
    hung: false,
    size: 1e9,
    free: 5e8,
    available: 4e8,
    inodes: 1000,
    inodesFree: 900,
  } as const;
  const essence = (changes: object) => filesystems.essence?.([{ ...one, ...changes }]);
  assert.deepEqual(essence({ free: 5e8 - 4096, available: 4e8 - 4096, inodesFree: 899 }), essence({}));
  for (const change of [{ available: 3e8 }, { inodesFree: 800 }, { size: 2e9 }, { readOnly: true }, { hung: true }])
    assert.notDeepEqual(essence(change), essence({}));
});
