import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { debianRoot } from './debian-root.ts';
import { differences, listTree } from './list-tree.ts';
import { type OpenRoot, openRoot } from './open-root.ts';

const checkout = join(import.meta.dirname, '../..');

interface Built {
  readonly file: string;
  readonly version: string;
  readonly sha256: string;
}

/** Whoever runs the tests may have only the newest commits, and then the number of commits says nothing. */
const versioned = () => (git('rev-parse', '--is-shallow-repository').trim() === 'true' ? ['--version', '0.0.1'] : []);

/** Builds with the command line of a checkout. */
async function build(root: string, folder: string, env: Readonly<Record<string, string>> = {}): Promise<Built> {
  const args = [
    '--disable-warning=ExperimentalWarning',
    join(root, 'src/cli/main.ts'),
    'package',
    '--dir',
    folder,
    '--output',
    'json',
    ...versioned(),
  ];
  const child = spawn('/bin/sh', ['-c', 'umask "$MASK"; exec "$@"', 'sh', process.execPath, ...args], {
    env: { ...process.env, MASK: '022', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (piece: Buffer) => (output += piece.toString()));
  assert.deepEqual(await once(child, 'close'), [0, null]);
  return JSON.parse(output) as Built;
}

const git = (...args: string[]) => execFileSync('git', ['-c', `safe.directory=${checkout}`, '-C', checkout, ...args], { encoding: 'utf8' });

/** The same sources in another place: the commit, and what is not committed yet. */
function copyCheckout(folder: string): string {
  const copy = join(folder, 'another place');
  execFileSync('git', ['-c', `safe.directory=${checkout}/.git`, 'clone', '--quiet', '--shared', checkout, copy]);
  for (const path of git('ls-files', '-z', '--modified', '--others', '--exclude-standard', '--deduplicate').split('\0')) {
    if (path === '') continue;
    rmSync(join(copy, path), { force: true });
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    if (existsSync(join(checkout, path))) cpSync(join(checkout, path), join(copy, path), { verbatimSymlinks: true });
  }
  symlinkSync(join(checkout, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

describe('the Debian package', { timeout: 10 * 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-package-test-'));
  const roots: OpenRoot[] = [];
  let built: Built;
  let debian: string;
  const open = (layers: readonly string[]) => {
    const root = openRoot(layers);
    roots.push(root);
    return root;
  };
  const ok = async (root: OpenRoot, ...args: string[]) => {
    const { code, output } = await root.run(args);
    assert.equal(code, 0, `${args.join(' ')}: ${output}`);
    return output;
  };

  before(async () => {
    built = await build(checkout, folder);
    debian = await debianRoot();
  });

  after(() => {
    for (const root of roots.reverse()) root.close();
    rmSync(folder, { recursive: true });
  });

  it('has the same bytes when it is built in another place, at another time, with other settings', async () => {
    const place = mkdtempSync(join(tmpdir(), 'gantry-copy-'));
    try {
      const again = await build(copyCheckout(place), join(place, 'out'), { MASK: '077', TZ: 'Asia/Tokyo', LC_ALL: 'C.UTF-8' });
      assert.equal(basename(again.file), basename(built.file));
      assert.equal(again.sha256, built.sha256);
      execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: dirname(again.file) });
      assert.equal(createHash('sha256').update(readFileSync(again.file)).digest('hex'), built.sha256);
    } finally {
      rmSync(place, { recursive: true });
    }
  });

  it('is no release without the tag of its version', async () => {
    const args = [join(checkout, 'src/cli/main.ts'), 'package', '--release', '--dir', folder, ...versioned()];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    assert.notEqual(status, 0);
    assert.match(stderr, /PACKAGE_RELEASE_REFUSED/);
  });

  it('has only files of root that others may read, no tests and no packages of development', () => {
    const listing = execFileSync('dpkg-deb', ['--contents', built.file], { encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 });
    const lines = listing.trimEnd().split('\n');
    for (const line of lines) assert.match(line, /^(drwxr-xr-x|-rw-r--r--|-rwxr-xr-x|lrwxrwxrwx) root\/root /);
    assert.doesNotMatch(listing, /\.test\.ts|\/testdata\/|\/testing\/|node_modules\/(typescript|fast-check|oxlint|@types)/);
    const depends = execFileSync('dpkg-deb', ['--field', built.file, 'Depends'], { encoding: 'utf8' });
    const listed = readFileSync(join(checkout, 'tools/debian-packages.txt'), 'utf8');
    const wanted = [...listed.matchAll(/^run +(\S+) +(?:any|amd64) /gm)].map(([, name]) => name);
    assert.deepEqual(depends.trim().split(', '), wanted);
  });

  it('is installed into a fresh Debian, runs there, and is purged without a trace', async () => {
    const root = open([debian]);
    cpSync(built.file, join(root.path, 'gantry.deb'));
    const before = listTree(root.path);
    await ok(root, 'dpkg', '-i', '/gantry.deb');
    assert.equal(await ok(root, 'gantry', 'version'), `gantry ${built.version}\n`);
    assert.match(await ok(root, 'gantry', '--help'), /^Usage: gantry/);
    assert.match(
      await ok(root, 'sh', '-c', 'zcat /usr/share/man/man1/gantry-instance.1.gz /usr/share/doc/gantry/changelog.Debian.gz'),
      /migrate[^]*Package of Gantry/,
    );
    assert.match(await ok(root, 'bash', '-c', 'source /usr/share/bash-completion/completions/gantry; complete -p gantry'), /gantry/);
    assert.match(await ok(root, 'setpriv', '--reuid=65534', '--clear-groups', 'env', '-u', 'HOME', 'gantry', 'version'), /^gantry \d/);
    assert.match(await ok(root, '/usr/lib/gantry/bin/hbal', '--version'), /^hbal/);
    assert.match(await ok(root, '/usr/lib/gantry/bin/mon-collector', 'memory'), /"MemTotal|"name"/);
    assert.match((await root.run(['gantry', 'package'])).output, /PACKAGE_NO_CHECKOUT/);
    assert.equal(await ok(root, 'dpkg', '--verify', 'gantry'), '');
    assert.equal(
      await ok(root, 'getent', 'passwd', 'gantry').then((line) => line.split(':').slice(5).join(':')),
      '/nonexistent:/usr/sbin/nologin\n',
    );
    assert.equal(
      await ok(root, 'stat', '-c', '%a %U', '/var/lib/gantry', '/var/log/gantry', '/run/gantry'),
      '755 root\n750 root\n711 root\n',
    );
    await loadsEverything(root);
    await ok(root, 'dpkg', '--purge', 'gantry');
    assert.deepEqual(differences(before, listTree(root.path)), []);
  });

  /** Every source of the package can be loaded with what the package has. */
  async function loadsEverything(root: OpenRoot): Promise<void> {
    const script = `import { globSync } from 'node:fs';
      const main = /(main|run-supervisor)\\.ts$|-(worker|thread|process)\\.ts$/;
      for (const file of globSync('/usr/lib/gantry/src/**/*.ts')) if (!main.test(file)) await import(file);
      console.log('loaded'); process.exit(0);`;
    writeFileSync(join(root.path, 'load.mjs'), script);
    assert.match(
      await ok(root, '/usr/lib/gantry/node_modules/.bin/node', '--disable-warning=ExperimentalWarning', '/load.mjs'),
      /loaded\n$/,
    );
    rmSync(join(root.path, 'load.mjs'));
  }

  it('is whole again when the disk was full and then has space', async () => {
    const root = open([debian]);
    cpSync(built.file, join(root.path, 'gantry.deb'));
    const script = `mkdir -p /usr/lib/gantry && mount -t tmpfs -o size=32m tmpfs /usr/lib/gantry
      if dpkg -i /gantry.deb; then exit 9; fi
      if dpkg-query --show --showformat='\${Status}' gantry 2>/dev/null | grep 'ok installed'; then exit 8; fi
      mount -o remount,size=512m /usr/lib/gantry && dpkg -i /gantry.deb && gantry version && dpkg --verify gantry`;
    const output = await ok(root, 'sh', '-c', script);
    assert.match(output, /No space left on device/);
    assert.ok(output.endsWith(`gantry ${built.version}\n`), output);
  });
});
