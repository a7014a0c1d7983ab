import assert from 'node:assert/strict';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { listOsDefinitions, loadOsDefinition } from './os-definition.ts';
import { inFolder, withCode, writeDefinition } from './os-test-helpers.ts';
import { builtinOsDir } from './tiny-image.ts';

describe('OS definitions', () => {
  it('reads versions, variants and parameters', () =>
    inFolder(async (dir) => {
      await writeDefinition(dir, 'debootstrap', {
        ganeti_api_version: '15\n20\n10\n',
        'variants.list': '# the usual ones\n\ndefault\ntesting\n',
        'parameters.list': 'dhcp   Whether to use DHCP\nroot_size\tSize in GiB\nbare\n',
      });
      const [info] = await listOsDefinitions([dir]);
      assert.deepEqual(info, {
        ...{ name: 'debootstrap', path: join(dir, 'debootstrap'), valid: true, problem: null },
        ...{ api_versions: [20, 15, 10], variants: ['default', 'testing'] },
        parameters: [
          ['dhcp', 'Whether to use DHCP'],
          ['root_size', 'Size in GiB'],
          ['bare', ''],
        ],
        secret_parameters: {},
      });
      assert.equal((await loadOsDefinition([dir], 'debootstrap+testing')).name, 'debootstrap');
    }));

  it('knows the parameters that nobody may see', () =>
    inFolder(async (dir) => {
      await writeDefinition(dir, 'one', { 'parameters.secret': '# these\npassword\nuser_data  private\nkey secret\n' });
      const [info] = await listOsDefinitions([dir]);
      assert.deepEqual(info?.secret_parameters, { password: 'secret', user_data: 'private', key: 'secret' });
    }));

  it('is not used when it is unclear what nobody may see', () =>
    inFolder(async (dir) => {
      await writeDefinition(dir, 'one', { 'parameters.secret': 'password, key\n' });
      const [info] = await listOsDefinitions([dir]);
      assert.deepEqual([info?.valid, /parameters.secret/.test(info?.problem ?? '')], [false, true]);
    }));

  it('needs only the files of the version', () =>
    inFolder(async (dir) => {
      const old = { ganeti_api_version: '10', verify: null, 'parameters.list': null, 'variants.list': 'ignored\n' };
      await writeDefinition(dir, 'old', old);
      const [info] = await listOsDefinitions([dir]);
      assert.deepEqual([info?.valid, info?.variants, info?.parameters], [true, [], []]);
    }));

  it('says why a definition cannot be used', () =>
    inFolder(async (dir) => {
      const broken: [Record<string, string | null>, RegExp][] = [
        [{ ganeti_api_version: null }, /ganeti_api_version is missing/],
        [{ ganeti_api_version: 'twenty' }, /not a number/],
        [{ ganeti_api_version: '5\n' }, /has API version 5/],
        [{ create: null }, /script create is missing/],
        [{ create: null, create_untrusted: '#!/bin/sh\n' }, /create_untrusted/],
        [{ rename: 'exit 0' }, /rename is not executable/],
        [{ verify: null }, /script verify is missing/],
        [{ 'parameters.list': null }, /parameters.list is missing/],
      ];
      for (const [index, [files, problem]] of broken.entries()) {
        await writeDefinition(dir, `os${index}`, files);
        if (files['rename']) await chmod(join(dir, `os${index}`, 'rename'), 0o644);
        const info = (await listOsDefinitions([dir])).find((one) => one.name === `os${index}`);
        assert.equal(info?.valid, false);
        assert.match(info.problem ?? '', problem);
        await assert.rejects(loadOsDefinition([dir], `os${index}`), withCode('OS_INVALID', problem));
      }
      await writeDefinition(dir, 'folder', { export: null });
      await mkdir(join(dir, 'folder', 'export'));
      await assert.rejects(loadOsDefinition([dir], 'folder'), withCode('OS_INVALID', /not a regular file/));
    }));

  it('takes the first of a name, and ignores missing folders and hidden ones', () =>
    inFolder(async (dir) => {
      await writeDefinition(join(dir, 'first'), 'debian', { 'variants.list': 'one\n' });
      await writeDefinition(join(dir, 'second'), 'debian');
      await writeDefinition(join(dir, 'second'), '.hidden');
      await writeDefinition(join(dir, 'second'), 'arch');
      const list = await listOsDefinitions([join(dir, 'none'), join(dir, 'first'), join(dir, 'second')]);
      assert.deepEqual(
        list.map(({ name, variants }) => [name, variants]),
        [
          ['arch', []],
          ['debian', ['one']],
        ],
      );
    }));

  it('names what there is when an OS is unknown, and never leaves the search path', () =>
    inFolder(async (dir) => {
      await writeDefinition(join(dir, 'path'), 'debian');
      await writeDefinition(dir, 'outside');
      for (const os of ['debain', '../outside', '', '.', '..']) {
        await assert.rejects(loadOsDefinition([join(dir, 'path')], os), withCode('OS_UNKNOWN'), os);
      }
      await assert.rejects(
        loadOsDefinition([join(dir, 'path')], 'debain'),
        ({ facts }: { facts: Record<string, unknown> }) => facts['did_you_mean'] === 'debian',
      );
    }));

  it('finds those that come with Gantry in order', async () => {
    const list = await listOsDefinitions([builtinOsDir]);
    assert.deepEqual(
      list.map(({ name, problem }) => [name, problem]),
      [
        ['image', null],
        ['tiny', null],
      ],
    );
  });
});
