import assert from 'node:assert/strict';
import { mkdir, open, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { run } from '../../base/index.ts';
import type { OsInstallRequest } from '../os-port.ts';
import { diskPathOf } from '../testing/disk-path-of.ts';
import { createOsAdapter } from './os-adapter.ts';
import { inFolder, installRequest, nic, recordingContext, sizeOf, withCode } from './os-test-helpers.ts';
import { builtinOsDir } from './tiny-image.ts';

const adapterIn = (dir: string) =>
  createOsAdapter({ searchPath: [builtinOsDir], logDir: join(dir, 'log'), workDir: join(dir, 'work'), imageDir: join(dir, 'images') });

async function asRaw(request: OsInstallRequest, dir: string, index = 0): Promise<string> {
  const path = join(dir, `plain-${index}.raw`);
  await run('qemu-img', ['convert', '-f', request.instance.disks[index]?.format ?? 'raw', '-O', 'raw', diskPathOf(request, index), path]);
  return path;
}

describe('tiny OS', () => {
  const configOf = async (request: OsInstallRequest, dir: string): Promise<string> =>
    (await run('debugfs', ['-R', 'cat /etc/tiny.conf', await asRaw(request, dir)])).stdout;

  for (const format of ['raw', 'qcow2'] as const) {
    it(`writes name and addresses on a ${format} disk`, () =>
      inFolder(async (dir) => {
        const network = { name: 'net1', cidr: '10.1.0.0/22', gateway: '10.1.0.1' };
        const nics = [nic({ ip: '10.1.2.3', network }), nic(), nic({ ip: '10.9.0.1', nicparams: { mode: 'routed', link: '', vlan: '' } })];
        const request = await installRequest(dir, { os: 'tiny', nics }, format);
        await adapterIn(dir).install(request, recordingContext());
        assert.equal(
          await configOf(request, dir),
          'hostname=web1\nnic0.address=10.1.2.3/22\nnic0.gateway=10.1.0.1\nnic2.address=10.9.0.1/32\n',
        );
        await run('e2fsck', ['-fn', await asRaw(request, dir)]);
      }));
  }

  it('prefers its own parameters, and keeps only the hash of a password', () =>
    inFolder(async (dir) => {
      const osparams = { address: '192.0.2.7/28', gateway: '192.0.2.1', root_password: `it's "$(secret)"` };
      const request = await installRequest(dir, { os: 'tiny', nics: [nic({ ip: '10.1.2.3' })], osparams });
      const { log } = await adapterIn(dir).install({ ...request, debug: 1 }, recordingContext());
      const config = await configOf(request, dir);
      assert.match(config, /^nic0.address=192\.0\.2\.7\/28\nnic0.gateway=192\.0\.2\.1$/m);
      assert.match(config, /^root_hash=\$6\$/m);
      assert.doesNotMatch(config + log, /secret/);
    }));

  it('fails where a password cannot be hashed: root would need none', () =>
    inFolder(async (dir) => {
      const bin = join(dir, 'bin');
      await mkdir(bin);
      for (const name of ['mktemp', 'mkdir', 'chmod', 'rm', 'mke2fs']) {
        await symlink((await run('sh', ['-c', `PATH=$PATH:/usr/sbin:/sbin command -v ${name}`])).stdout.trim(), join(bin, name));
      }
      await writeFile(join(dir, 'disk'), '');
      const env = { PATH: bin, INSTANCE_NAME: 'web1', DISK_COUNT: '1', DISK_0_PATH: join(dir, 'disk'), OSP_ROOT_PASSWORD: 'secret' };
      const create = () => run('/bin/sh', ['./create'], { cwd: join(builtinOsDir, 'tiny'), env, okCodes: [0, 1] });
      const { code, stderr } = await create();
      assert.equal(code, 1);
      assert.match(stderr, /^tiny: the root password cannot be hashed: is the Debian package busybox installed\?$/m);
      assert.doesNotMatch(stderr, /secret/);
      assert.equal((await readFile(join(dir, 'disk'))).length, 0);
    }));

  it('does without disks', () =>
    inFolder(async (dir) => {
      const { log } = await adapterIn(dir).install(await installRequest(dir, { os: 'tiny' }, 'raw', []), recordingContext());
      assert.match(log, /no disk/);
    }));

  it('refuses wrong parameters', () =>
    inFolder(async (dir) => {
      const wrong: Record<string, string>[] = [
        { address: '10.1.0.5' },
        { address: '10.1.0.5/33' },
        { address: 'x/24' },
        { address: '10.1.0.5/24\nhostname=evil' },
        { gateway: 'router' },
        { root_password: 'a\nb' },
      ];
      for (const osparams of wrong) {
        const check = adapterIn(dir).verifyParams({ os: 'tiny', osparams, force_variant: false });
        await assert.rejects(check, withCode('OS_PARAMETERS_REFUSED'), JSON.stringify(osparams));
      }
    }));

  it('can be dumped, restored and renamed', () =>
    inFolder(async (dir) => {
      const adapter = adapterIn(dir);
      const source = await installRequest(dir, { os: 'tiny' });
      await adapter.install(source, recordingContext());
      const target = await installRequest(dir, { os: 'tiny', name: 'web2' }, 'qcow2');
      const file = await open(join(dir, 'dump'), 'w');
      await adapter.exportDisk({ ...source, index: 0, descriptor: file.fd }, recordingContext());
      await file.close();
      const input = await open(join(dir, 'dump'), 'r');
      await adapter.importDisk({ ...target, index: 0, descriptor: input.fd }, recordingContext());
      await input.close();
      assert.equal(await configOf(target, dir), 'hostname=web1\n');
      await adapter.rename({ ...target, oldName: 'web1' }, recordingContext());
      assert.equal(await configOf(target, dir), 'hostname=web2\n');
      await run('e2fsck', ['-fn', await asRaw(target, dir)]);
    }));

  it('refuses a damaged dump', () =>
    inFolder(async (dir) => {
      const request = await installRequest(dir, { os: 'tiny' });
      await writeFile(join(dir, 'dump'), 'no archive');
      const input = await open(join(dir, 'dump'), 'r');
      const restore = adapterIn(dir).importDisk({ ...request, index: 0, descriptor: input.fd }, recordingContext());
      await assert.rejects(restore, withCode('OS_SCRIPT_FAILED', /not in gzip format/));
      await input.close();
    }));
});

describe('image OS', () => {
  /** An image of 4 MiB that begins with text. */
  const writeImage = async (dir: string, format: 'raw' | 'qcow2'): Promise<string> => {
    await mkdir(join(dir, 'images'), { recursive: true });
    const raw = join(dir, 'image.raw');
    await writeFile(raw, Buffer.concat([Buffer.from('the image'), Buffer.alloc(4 * 1048576 - 9, 7)]));
    await run('qemu-img', ['convert', '-f', 'raw', '-O', format, raw, join(dir, 'images', `debian.${format}`)]);
    return `debian.${format}`;
  };
  const beginOf = async (path: string): Promise<string> => {
    const file = await open(path);
    const { buffer } = await file.read(Buffer.alloc(9), 0, 9, 0);
    await file.close();
    return buffer.toString();
  };
  const seedFile = async (path: string, name: string): Promise<string> =>
    (await run('isoinfo', ['-J', '-i', path, '-x', `/${name}`])).stdout;

  for (const [format, diskFormat] of [
    ['qcow2', 'raw'],
    ['raw', 'qcow2'],
  ] as const) {
    it(`writes a ${format} image onto a larger ${diskFormat} disk`, () =>
      inFolder(async (dir) => {
        const image = await writeImage(dir, format);
        const request = await installRequest(dir, { os: 'image', osparams: { image } }, diskFormat);
        const context = recordingContext();
        await adapterIn(dir).install(request, context);
        const raw = await asRaw(request, dir);
        assert.equal(await beginOf(raw), 'the image');
        assert.equal(await sizeOf(raw), 16 * 1048576);
        assert.ok(context.seen.some((progress) => progress.fraction === 1));
      }));
  }

  it('writes a cloud-init seed that can be read', () =>
    inFolder(async (dir) => {
      const image = await writeImage(dir, 'qcow2');
      const network = { name: 'net1', cidr: '10.1.0.0/24', gateway: '10.1.0.1' };
      const userData = '#cloud-config\npackages: [nginx]\n';
      const osparams = {
        ...{ image, hostname: 'www', user_data: Buffer.from(userData).toString('base64') },
        ssh_keys: 'ssh-ed25519 AAAA "me"@host;ssh-rsa BBBB you',
      };
      const nics = [nic({ ip: '10.1.0.5', network }), nic({ mac: 'aa:00:00:11:22:44' })];
      const request = await installRequest(dir, { os: 'image', osparams, nics }, 'qcow2', [16, 4]);
      await adapterIn(dir).install(request, recordingContext());
      const seed = await asRaw(request, dir, 1);
      assert.match((await run('isoinfo', ['-d', '-i', seed])).stdout, /Volume id: cidata/);
      assert.equal(await seedFile(seed, 'user-data'), userData);
      const [id, ...rest] = (await seedFile(seed, 'meta-data')).trimEnd().split('\n');
      assert.match(id ?? '', new RegExp(`^instance-id: ${request.instance.uuid}-\\d+$`));
      assert.deepEqual(rest, ['local-hostname: "www"', 'public-keys:', '  - "ssh-ed25519 AAAA \\"me\\"@host"', '  - "ssh-rsa BBBB you"']);
      const lines = [
        ...['version: 2', 'ethernets:', '  nic0:', '    match: {macaddress: "aa:00:00:11:22:33"}', '    addresses: ["10.1.0.5/24"]'],
        ...[
          '    routes: [{to: "0.0.0.0/0", via: "10.1.0.1"}]',
          '  nic1:',
          '    match: {macaddress: "aa:00:00:11:22:44"}',
          '    dhcp4: true',
        ],
      ];
      assert.equal(await seedFile(seed, 'network-config'), `${lines.join('\n')}\n`);
      await adapterIn(dir).rename(
        { ...request, instance: { ...request.instance, name: 'web2', osparams: { image } }, oldName: 'web1' },
        recordingContext(),
      );
      assert.match(await seedFile(await asRaw(request, dir, 1), 'meta-data'), /local-hostname: "web2"/);
    }));

  it('leaves a large second disk alone, and says when a seed has no place', () =>
    inFolder(async (dir) => {
      const image = await writeImage(dir, 'raw');
      const data = await installRequest(dir, { os: 'image', osparams: { image } }, 'raw', [16, 65]);
      await adapterIn(dir).install(data, recordingContext());
      await assert.rejects(run('isoinfo', ['-d', '-i', diskPathOf(data, 1)]));
      const osparams = { image, ssh_keys: 'ssh-rsa AAAA' };
      const install = adapterIn(dir).install({ ...data, instance: { ...data.instance, osparams } }, recordingContext());
      await assert.rejects(install, withCode('OS_SCRIPT_FAILED', /add a second disk of 4 MiB/));
      const named = { ...data, instance: { ...data.instance, osparams: { ...osparams, seed: '1' } } };
      await adapterIn(dir).install(named, recordingContext());
      assert.match(await seedFile(diskPathOf(data, 1), 'meta-data'), /ssh-rsa AAAA/);
    }));

  it('refuses an image that is larger than the disk', () =>
    inFolder(async (dir) => {
      const image = await writeImage(dir, 'qcow2');
      const request = await installRequest(dir, { os: 'image', osparams: { image } }, 'raw', [2]);
      await assert.rejects(
        adapterIn(dir).install(request, recordingContext()),
        withCode('OS_SCRIPT_FAILED', /does not fit on disk 0 \(2 MiB\)/),
      );
    }));

  it('reads nothing outside of the image directory', () =>
    inFolder(async (dir) => {
      await writeImage(dir, 'raw');
      const images = join(dir, 'images');
      await writeFile(join(dir, 'secret'), 'secret');
      await symlink(join(dir, 'secret'), join(images, 'link.raw'));
      await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', join(dir, 'secret'), join(images, 'backed.qcow2'), '1M']);
      await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', `data_file=${join(dir, 'data')}`, join(images, 'outer.qcow2'), '1M']);
      const check = (osparams: Record<string, string>) => adapterIn(dir).verifyParams({ os: 'image', osparams, force_variant: false });
      const wrong: [Record<string, string>, RegExp][] = [
        [{}, /required/],
        [{ image: 'nothing.raw' }, /there is no file/],
        [{ image: '../secret' }, /outside of the image directory/],
        [{ image: join(dir, 'secret') }, /outside of the image directory/],
        [{ image: 'link.raw' }, /outside of the image directory/],
        [{ image: 'backed.qcow2' }, /backing file/],
        [{ image: 'outer.qcow2' }, /external data file/],
        [{ image: 'debian.raw', user_data_file: '../secret' }, /outside of the image directory/],
        [{ image: 'debian.raw', user_data: '***' }, /not base64/],
        [{ image: 'debian.raw', network: 'sometimes?' }, /network/],
        [{ image: 'debian.raw', hostname: 'a b' }, /hostname/],
        [{ image: 'debian.raw', ssh_keys: 'a\u0007b' }, /control characters/],
        [{ image: 'debian.raw', seed: 'all' }, /seed/],
      ];
      for (const [osparams, problem] of wrong) await assert.rejects(check(osparams), withCode('OS_PARAMETERS_REFUSED', problem));
      await check({ image: 'debian.raw' });
      await check({ image: join(images, 'debian.raw'), seed: '2', network: 'dhcp' });
    }));
});
