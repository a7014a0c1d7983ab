import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSamples } from '../host/format-samples.ts';
import { calmRun, createTestHost } from '../testing/test-host.ts';
import { filesystems, parseMounts } from './filesystems.ts';

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
  for (const nothing of ['', '/dev/vda /', '\0\0\0', '\n\n', '/dev/vda / ext4']) assert.deepEqual(parseMounts(nothing), []);
});

test('space of real folders; a mount that has gone is left out', async () => {
  using host = createTestHost();
  host.write('/proc/mounts', `/dev/one ${host.root} ext4 rw 0 0\n/dev/two ${host.root}/gone xfs rw 0 0\n`);
  const collect = host.begin(filesystems);
  const data = await collect(calmRun);
  assert.equal(data.length, 1);
  const [one] = data;
  assert.ok(one && !one.hung && one.size > 0 && one.free >= one.available && one.inodes >= one.inodesFree);
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
