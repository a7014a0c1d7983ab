import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { type GantryError, minimalEnvironment, silentLog } from '../../base/index.ts';
import { buildTinyImage, builtinOsDir, tinyHvparams } from './tiny-image.ts';

// Programs in the place of Debian's: what they are asked, and what is made of what they give.

const kernel = '6.1.0-9-cloud-amd64';
const metaPackage = `linux-image-cloud-${process.arch === 'arm64' ? 'arm64' : 'amd64'}`;
const realPath = minimalEnvironment['PATH'] ?? '';
let folder: string;
let target: string;

const programs: Record<string, string> = {
  'apt-cache': `echo "apt-cache $*" >> LOG; echo '${metaPackage}'; echo '  Depends: linux-image-${kernel}'`,
  'apt-get': 'echo "apt-get $*" >> LOG; [ ! -e FAIL ] || { echo no mirror >&2; exit 100; }; touch one.deb two.deb other.txt',
  'dpkg-deb': `echo "dpkg-deb $1" >> LOG
    mkdir -p "$3/boot" "$3/bin" "$3/lib/modules/${kernel}/kernel"; echo the kernel > "$3/boot/vmlinuz-${kernel}"
    printf '#!/bin/sh\\necho bin/busybox; echo bin/sh; echo usr/bin/wc; echo linuxrc; echo\\n' > "$3/bin/busybox"; chmod +x "$3/bin/busybox"
    cd "$3/lib/modules/${kernel}"; printf 'kernel/virtio_pci.ko\\nkernel/button.ko\\n' > modules.builtin
    for m in virtio_blk virtio_net virtio_balloon virtio-rng virtio_console evdev net-failover; do echo $m > kernel/$m.ko.xz; done
    printf 'kernel/%s.ko.xz:\\n' virtio_blk virtio_balloon virtio-rng virtio_console evdev net-failover > modules.dep
    echo 'kernel/virtio_net.ko.xz: kernel/net-failover.ko.xz kernel/virtio_blk.ko.xz' >> modules.dep`,
  depmod: 'echo "depmod $1 $3" >> LOG',
};

async function install(name: string, script: string): Promise<void> {
  const path = join(folder, 'bin', name);
  await writeFile(path, `#!/bin/sh\n${script.replaceAll('LOG', join(folder, 'asked')).replaceAll('FAIL', join(folder, 'fail'))}\n`);
  await chmod(path, 0o755);
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-build-'));
  await mkdir(join(folder, 'bin'));
  minimalEnvironment['PATH'] = `${join(folder, 'bin')}:${realPath}`;
});
after(async () => {
  minimalEnvironment['PATH'] = realPath;
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  for (const [name, script] of Object.entries(programs)) await install(name, script);
  await rm(join(folder, 'asked'), { force: true });
  await rm(join(folder, 'fail'), { force: true });
  target = join(await mkdtemp(join(folder, 'image-')), 'deep', 'tiny');
});

const build = () => buildTinyImage(target, { log: silentLog });
const asked = async () => (await readFile(join(folder, 'asked'), 'utf8')).trim().split('\n');
const failure = () =>
  build().then(
    () => assert.fail('it was built'),
    ({ code, facts }: GantryError) => [code, facts],
  );

/** Path, mode and content of each entry of an archive. */
function entriesOf(archive: Buffer): Map<string, [mode: string, content: string]> {
  const found = new Map<string, [string, string]>();
  for (let at = 0; at < archive.length; ) {
    const field = (index: number) => Number.parseInt(archive.toString('latin1', at + 6 + 8 * index, at + 14 + 8 * index), 16);
    const [mode, size, nameSize] = [field(1), field(6), field(11)];
    const name = archive.toString('latin1', at + 110, at + 110 + nameSize - 1);
    const begin = (at + 110 + nameSize + 3) & ~3;
    found.set(name, [mode.toString(8), archive.toString('latin1', begin, begin + size)]);
    at = (begin + size + 3) & ~3;
  }
  return found;
}

describe('the build of the tiny image', () => {
  it('takes the kernel and BusyBox of the packages, and what the modules need, in the order of loading', async () => {
    assert.deepEqual(await build(), { changed: true, kernel });
    assert.deepEqual(await asked(), [
      `apt-cache depends ${metaPackage}`,
      `apt-get -o APT::Sandbox::User=root download linux-image-${kernel} busybox-static`,
      ...['dpkg-deb -x', 'dpkg-deb -x', `depmod --basedir ${kernel}`],
    ]);
    const { kernel_path: kernelPath, initrd_path: initrdPath, root_path: root, kernel_args: args } = tinyHvparams(target);
    assert.deepEqual([root, args.startsWith('console=ttyS0 ')], ['', true]);
    assert.equal(await readFile(kernelPath, 'utf8'), 'the kernel\n');
    const entries = entriesOf(gunzipSync(await readFile(initrdPath)));
    const modules = ['virtio_blk', 'net-failover', 'virtio_net', 'virtio_balloon', 'virtio-rng', 'virtio_console', 'evdev'];
    assert.equal(entries.get('lib/modules/order')?.[1], modules.map((name) => `${name}.ko.xz\n`).join(''));
    for (const name of modules) assert.deepEqual(entries.get(`lib/modules/${name}.ko.xz`), ['100644', `${name}\n`]);
    assert.equal(entries.get('bin/busybox')?.[0], '100755');
    for (const link of ['bin/sh', 'usr/bin/wc']) assert.deepEqual(entries.get(link), ['120777', '/bin/busybox']);
    assert.ok(!entries.has('linuxrc') && !entries.has(''));
    const guest = (name: string) => readFile(join(builtinOsDir, 'tiny', 'guest', name), 'latin1');
    for (const [path, name, mode] of [
      ['init', 'init', '100755'],
      ['etc/inittab', 'inittab', '100644'],
      ['etc/issue', 'issue', '100644'],
      ['etc/stop', 'stop', '100755'],
      ['etc/udhcpc', 'udhcpc', '100755'],
      ['etc/acpi/PWRF/00000080', 'power-button', '100755'],
    ] as const)
      assert.deepEqual(entries.get(path), [mode, await guest(name)], path);
    assert.equal(entries.get('dev/console')?.[0], '20600');
    for (const path of ['proc', 'etc/acpi/PWRF', 'usr/bin', 'data']) assert.equal(entries.get(path)?.[0], '40755', path);
    const names = [...entries.keys()];
    for (const path of names) {
      const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
      if (parent !== '') assert.ok(names.indexOf(parent) >= 0 && names.indexOf(parent) < names.indexOf(path), `${path} after ${parent}`);
    }
    assert.match(entries.get('etc/passwd')?.[1] ?? '', /^root:x:0:0:/);
    assert.deepEqual(await readdir(join(target, '..')), ['tiny'], 'nothing else is left');
    assert.equal((await stat(target)).mode & 0o777, 0o755);
  });

  it('is not repeated while the image is whole and of the same recipe', async () => {
    await build();
    const manifest = join(target, 'manifest.json');
    const whole = await readFile(manifest, 'utf8');
    assert.deepEqual(await build(), { changed: false, kernel });
    for (const damage of [
      () => writeFile(join(target, 'vmlinuz'), 'x'),
      () => rm(join(target, 'initrd.gz')),
      () => rm(manifest),
      () => writeFile(manifest, whole.replace(/"recipe":"\w+"/, '"recipe":"older"')),
    ]) {
      await damage();
      assert.deepEqual(await build(), { changed: true, kernel });
      assert.equal(await readFile(manifest, 'utf8'), whole);
      assert.deepEqual(await readdir(join(target, '..')), ['tiny']);
    }
  });

  it('leaves it to the one who was faster', async () => {
    const both = await Promise.all([build(), build()]);
    assert.deepEqual(both.map(({ changed }) => changed).sort(), [false, true]);
    assert.deepEqual(await readdir(join(target, '..')), ['tiny']);
  });

  it('says why it fails, and leaves nothing', async () => {
    const told = (problem: string, about: string) => ['OS_TINY_BUILD_FAILED', { problem, kernel: about }];
    await install('apt-cache', 'echo nothing');
    assert.deepEqual(await failure(), told(`apt-cache knows no kernel package for ${metaPackage}`, metaPackage));
    await install('apt-cache', programs['apt-cache'] ?? '');
    await writeFile(join(folder, 'fail'), '');
    const [code, { problem, kernel: about }] = (await failure()) as [string, Record<string, string>];
    assert.deepEqual([code, about], ['OS_TINY_BUILD_FAILED', metaPackage]);
    assert.match(problem ?? '', /exit code 100.*no mirror/);
    await rm(join(folder, 'fail'));
    await install('dpkg-deb', (programs['dpkg-deb'] ?? '').replaceAll('evdev', 'nodev'));
    assert.deepEqual(await failure(), told(`kernel ${kernel} has no module evdev`, kernel));
    assert.deepEqual(await readdir(join(target, '..')), []);
    const cancelled = buildTinyImage(target, { log: silentLog, signal: AbortSignal.abort() });
    await assert.rejects(cancelled, { code: 'CANCELLED' });
  });
});
