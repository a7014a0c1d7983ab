import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { debianRoot } from './debian-root.ts';
import { differences, listTree } from './list-tree.ts';
import { type OpenRoot, openRoot } from './open-root.ts';
import { smallPackage } from './small-package.ts';

const record = 'var/lib/gantry/package-version';

function write(root: OpenRoot, path: string, text = 'x'): void {
  mkdirSync(dirname(join(root.path, path)), { recursive: true });
  writeFileSync(join(root.path, path), text);
}

describe('states of the package', { timeout: 5 * 60_000 }, () => {
  const roots: OpenRoot[] = [];
  let debian: OpenRoot;
  const open = (layers: readonly string[]) => {
    const root = openRoot(layers);
    roots.push(root);
    return root;
  };
  const dpkg = (root: OpenRoot, ...args: string[]) => root.run(['dpkg', '--force-unsafe-io', ...args]);
  const ok = async (root: OpenRoot, ...args: string[]) => {
    const { code, output } = await dpkg(root, ...args);
    assert.equal(code, 0, output);
    return output;
  };
  const status = async (root: OpenRoot) => (await root.run(['dpkg-query', '-W', '-f${Status} ${Version}', 'gantry'])).output;
  const installed = async () => {
    const root = open(debian.layers);
    await ok(root, '-i', '/2.deb');
    return root;
  };

  before(async () => {
    debian = open([await debianRoot()]);
    const folder = mkdtempSync(join(tmpdir(), 'gantry-small-'));
    for (const version of ['2~git9', '2', '3']) copyFileSync(await smallPackage(folder, version), join(debian.path, `${version}.deb`));
    rmSync(folder, { recursive: true });
  });

  after(() => {
    for (const root of roots.reverse()) root.close();
  });

  it('refuses an older version with the reason, and the newer one stays whole', async () => {
    const root = await installed();
    const before = listTree(root.path);
    const { code, output } = await dpkg(root, '-i', '/2~git9.deb');
    assert.notEqual(code, 0);
    assert.match(output, /version 2~git9 cannot replace version 2\.\n {2}why: {2}a newer master may have changed/);
    assert.equal(await status(root), 'install ok installed 2');
    assert.deepEqual(differences(before, listTree(root.path)), []);
    await ok(root, '-i', '/2.deb');
  });

  it('refuses an older version after a removal, and stored data that a newer one used', async () => {
    const root = await installed();
    await ok(root, '--remove', 'gantry');
    const refused = await dpkg(root, '-i', '/2~git9.deb');
    assert.notEqual(refused.code, 0);
    assert.match(refused.output, /the data in \/var\/lib\/gantry were used by gantry 2/);
    // As docs/upgrade.md says: the data are restored from a backup, and the record is removed.
    rmSync(join(root.path, record));
    await ok(root, '-i', '/2~git9.deb');
    write(root, record, '2 999\n');
    const newer = await dpkg(root, '-i', '/3.deb');
    assert.notEqual(newer.code, 0);
    assert.match(newer.output, /the stored configuration may have version 999, and this gantry knows up to \d+\.\n/);
  });

  it('is not stopped by a record that is damaged', async () => {
    for (const text of ['', '\n', 'nonsense', '2 x', '\u0000\u0001', '1 1 1 1']) {
      const root = await installed();
      write(root, record, text);
      await ok(root, '-i', '/3.deb');
      assert.match(readFileSync(join(root.path, record), 'utf8'), /^3 \d+\n$/);
    }
  });

  it('keeps configuration, state and disks when it is removed, and finds them again', async () => {
    const root = await installed();
    const data = ['etc/gantry/agent.conf', 'var/lib/gantry/master/store.db', 'var/lib/gantry/node/node.key', 'srv/gantry/file-storage/i/0'];
    for (const path of data) write(root, path, path);
    await ok(root, '--remove', 'gantry');
    for (const folder of ['usr/lib/gantry', 'usr/bin/gantry']) assert.ok(!existsSync(join(root.path, folder)), folder);
    await ok(root, '-i', '/3.deb');
    for (const path of data) assert.equal(readFileSync(join(root.path, path), 'utf8'), path);
  });

  it('purges state, settings and logs, but says that it keeps disks and local clusters', async () => {
    const root = await installed();
    const gone = [
      'etc/gantry/agent.conf',
      'etc/gantry/monitor/plugins/mine',
      'var/lib/gantry/master/store.db',
      'var/log/gantry/os/add.log',
      'run/gantry/active/a',
      'var/cache/gantry/tiny/x',
    ];
    const kept = ['srv/gantry/file-storage/i/0', 'var/lib/gantry/local/cluster.json', 'run/gantry/local/agent.pid'];
    for (const path of [...gone, ...kept]) write(root, path);
    mkdirSync(join(root.path, 'srv/gantry/shared-file-storage/empty'), { recursive: true });
    const output = await ok(root, '--purge', 'gantry');
    for (const path of gone) assert.ok(!existsSync(join(root.path, path)), path);
    for (const path of kept) assert.ok(existsSync(join(root.path, path)), path);
    assert.ok(!existsSync(join(root.path, 'srv/gantry/shared-file-storage')));
    assert.match(output, /\/srv\/gantry\/file-storage is kept: it has disks of instances/);
    assert.match(output, /\/var\/lib\/gantry is kept/);
    assert.match(await status(root), /no packages found/);
  });

  it('refuses the purge while an instance runs, and purges when it has ended', async () => {
    const root = await installed();
    copyFileSync(join(root.path, 'usr/bin/sleep'), join(root.path, 'usr/bin/qemu-system-test'));
    write(root, 'var/lib/gantry/node/node.key');
    // The name of the program and of a socket on the command line are what counts.
    const script = 'bash -c "exec -a /run/gantry/instances/u/qmp qemu-system-test 1000" & sleep 0.3; dpkg --purge gantry; echo "ended $?"';
    const { output } = await root.run(['sh', '-c', script]);
    assert.match(output, /gantry: instances still run on this host \(processes \d+ \)\./);
    assert.match(output, /ended 1\n/);
    assert.ok(existsSync(join(root.path, 'var/lib/gantry/node/node.key')));
    assert.equal(await status(root), 'purge ok config-files 2');
    await ok(root, '--purge', 'gantry');
    assert.match(await status(root), /no packages found/);
  });

  it('is completed by "dpkg --configure -a" when the folder of its data was full', async () => {
    const root = open(debian.layers);
    const script = `mkdir -p /var/lib/gantry && mount -t tmpfs -o size=4k,nr_inodes=2 tmpfs /var/lib/gantry && : >/var/lib/gantry/filler
      if dpkg -i /2.deb; then exit 9; fi
      dpkg-query -W -f'\${Status}\n' gantry; rm /var/lib/gantry/filler; dpkg --configure -a && dpkg-query -W -f'\${Status}\n' gantry`;
    const { code, output } = await root.run(['sh', '-c', script]);
    assert.equal(code, 0, output);
    assert.match(output, /install ok half-configured\n[^]*install ok installed\n$/);
  });

  it('is repaired by another installation when dpkg was killed between its steps', async () => {
    const whole = await installed();
    const expected = listTree(whole.path);
    const lines = await statusLines(debian.path);
    assert.ok(lines >= 5, `${lines} lines of status`);
    for (let line = 1; line < lines; line++) {
      const root = open(debian.layers);
      await statusLines(root.path, line);
      await dpkg(root, '--configure', '-a');
      if ((await status(root)) !== 'install ok installed 2') await ok(root, '-i', '/2.deb');
      assert.deepEqual(differences(expected, listTree(root.path)), [], `killed at line ${line}`);
      root.close();
    }
  });
});

/** Installs version 2, and kills dpkg when it has told of its n-th step. Returns how many steps it told of. */
async function statusLines(root: string, killAt = Number.POSITIVE_INFINITY): Promise<number> {
  const copy = killAt === Number.POSITIVE_INFINITY ? openRoot([root]) : undefined;
  try {
    const args = ['--mount', '--pid', '--fork', '--kill-child', `--root=${copy?.path ?? root}`, 'dpkg', '--status-fd', '1', '-i', '/2.deb'];
    const child = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'ignore'], env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
    let lines = 0;
    child.stdout.on('data', (piece: Buffer) => {
      lines += piece
        .toString()
        .split('\n')
        .filter((line) => /^(status|processing):/.test(line)).length;
      if (lines >= killAt) child.kill('SIGKILL');
    });
    await once(child, 'close');
    return lines;
  } finally {
    copy?.close();
  }
}
