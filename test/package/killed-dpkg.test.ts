import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { debianRoot } from './debian-root.ts';
import { differences, listTree } from './list-tree.ts';
import { type OpenRoot, openRoot } from './open-root.ts';
import { smallPackage } from './small-package.ts';

/** What somebody does with dpkg, and from which state. */
interface Deed {
  readonly name: string;
  readonly from: 'nothing' | 'version 1' | 'removed version 1';
  readonly dpkg: readonly string[];
  /** The scripts that it runs. */
  readonly scripts: readonly string[];
}

const deeds: readonly Deed[] = [
  { name: 'installation', from: 'nothing', dpkg: ['-i', '/1.deb'], scripts: ['preinst install', 'postinst configure'] },
  {
    name: 'upgrade',
    from: 'version 1',
    dpkg: ['-i', '/2.deb'],
    scripts: ['prerm upgrade', 'preinst upgrade', 'postrm upgrade', 'postinst configure'],
  },
  { name: 'removal', from: 'version 1', dpkg: ['--remove', 'gantry'], scripts: ['prerm remove', 'postrm remove'] },
  { name: 'purge', from: 'removed version 1', dpkg: ['--purge', 'gantry'], scripts: ['postrm purge'] },
  { name: 'new installation', from: 'removed version 1', dpkg: ['-i', '/2.deb'], scripts: ['preinst install'] },
];

const status = async (root: OpenRoot) => {
  const { output } = await root.run(['dpkg-query', '--show', '--showformat=${Status} ${Version}', 'gantry']);
  return output.startsWith('dpkg-query: no packages found') ? 'none' : output;
};

const dpkg = (root: OpenRoot, args: readonly string[], env?: Record<string, string>) =>
  root.run(['dpkg', '--force-unsafe-io', ...args], env);

describe('dpkg, killed at the commands of the maintainer scripts', { timeout: 10 * 60_000 }, () => {
  const roots: OpenRoot[] = [];
  const states = new Map<Deed['from'], OpenRoot>();
  const open = (layers: readonly string[]) => {
    const root = openRoot(layers);
    roots.push(root);
    return root;
  };

  before(async () => {
    const debian = open([await debianRoot()]);
    const folder = mkdtempSync(join(tmpdir(), 'gantry-small-'));
    for (const version of ['1', '2']) copyFileSync(await smallPackage(folder, version), join(debian.path, `${version}.deb`));
    rmSync(folder, { recursive: true });
    states.set('nothing', debian);
    states.set('version 1', await made(debian, ['-i', '/1.deb']));
    states.set('removed version 1', await made(states.get('version 1') ?? debian, ['--remove', 'gantry']));
  });

  async function made(from: OpenRoot, args: readonly string[]): Promise<OpenRoot> {
    const root = open(from.layers);
    const { code, output } = await dpkg(root, args);
    assert.equal(code, 0, output);
    // Which commands ran to get there.
    for (const name of readdirSync(join(root.path, 'tmp'))) rmSync(join(root.path, 'tmp', name));
    return root;
  }

  after(() => {
    for (const root of roots.reverse()) root.close();
  });

  for (const deed of deeds) {
    it(`is repaired: ${deed.name}`, async () => {
      const from = states.get(deed.from);
      assert.ok(from);
      const whole = open(from.layers);
      const undisturbed = await dpkg(whole, deed.dpkg);
      assert.equal(undisturbed.code, 0, undisturbed.output);
      const [expected, expectedStatus] = [listTree(whole.path), await status(whole)];
      const counted = readdirSync(join(whole.path, 'tmp')).map((name) => name.replace('commands ', ''));
      const kills: (() => Promise<void>)[] = [];
      for (const script of deed.scripts) {
        assert.ok(counted.includes(script), `${script} ran`);
        const commands = readFileSync(join(whole.path, 'tmp', `commands ${script}`), 'utf8')
          .replace(/\n$/, '')
          .split('\n');
        for (const command of worthKilling(commands)) kills.push(() => killAndRepair(script, command));
      }
      await Promise.all(
        Array.from({ length: 2 }, async () => {
          for (let kill = kills.shift(); kill; kill = kills.shift()) await kill();
        }),
      );

      async function killAndRepair(script: string, command: string): Promise<void> {
        const root = openRoot(from?.layers ?? []);
        try {
          const where = `${script}, killed before "${command}"`;
          const killed = await dpkg(root, deed.dpkg, { KILL_IN: script, KILL_AT: command });
          assert.notEqual(killed.code, 0, `${where}: it was not killed`);
          await repair(root, deed, where);
          assert.deepEqual(differences(expected, listTree(root.path)), [], where);
          assert.equal(await status(root), expectedStatus, where);
        } finally {
          root.close();
        }
      }
    });
  }
});

/** Commands that change nothing, and functions of the script, whose commands are there themselves. */
const harmless = /^(\[|case|for|read|getent|return|echo|tr|grep|readlink|cat|\w+=|[a-z]+(_[a-z]+)+( |$))/;

/** Before its first command, before each that changes something (in a loop once), and before its last. */
const worthKilling = (commands: readonly string[]) =>
  new Set(commands.filter((command, index) => index === 0 || index === commands.length - 1 || !harmless.test(command)));

/** As an operator does: "dpkg --configure -a" where files were unpacked, and the same command again where that is not enough. */
async function repair(root: OpenRoot, deed: Deed, where: string): Promise<void> {
  const configured = await dpkg(root, ['--configure', '-a']);
  const installs = deed.dpkg[0] === '-i';
  if (where.startsWith('postinst configure')) {
    assert.equal(configured.code, 0, `${where}: ${configured.output}`);
    return;
  }
  if (!installs && (await status(root)) === 'none') return;
  const again = await dpkg(root, deed.dpkg);
  assert.equal(again.code, 0, `${where}: ${again.output}`);
  assert.equal(existsSync(join(root.path, 'usr/lib/gantry/version')), installs, where);
}
