import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { GantryError } from '../../base/index.ts';
import { listOsDefinitions, loadOsDefinition, osNameOf, osVariantOf } from './os-definition.ts';
import { inFolder, recordingContext, writeDefinition } from './os-test-helpers.ts';
import { type OsScriptRequest, runOsScript } from './run-os-script.ts';
import { openScriptLog } from './script-log.ts';

/** Runs a script like this as the `create` script of an OS. */
async function ran(dir: string, script: string, more: Partial<OsScriptRequest> = {}, signal?: AbortSignal) {
  await writeDefinition(dir, 'debian', { [more.script ?? 'create']: `#!/bin/bash\n${script}\n` });
  const definition = await loadOsDefinition([dir], 'debian');
  const context = recordingContext(signal);
  const request = {
    definition,
    script: 'create' as const,
    environment: { A: 'b' },
    subject: 'web1',
    logPath: join(dir, 'log', 'one.log'),
    timeoutMs: 20_000,
    ...more,
  };
  const outcome = await runOsScript(request, context).catch((error: GantryError) => [error.code, error.facts]);
  return { outcome, told: context.seen, log: await readFile(request.logPath, 'utf8').catch(() => null) };
}

describe('a script of an OS', () => {
  it('gets its arguments and its environment, in its folder', () =>
    inFolder(async (dir) => {
      const { outcome, log } = await ran(dir, 'echo "$0 $* $A $(pwd) $PATH_X"; cat', { args: ['x', 'y'] });
      assert.equal(outcome, `${join(dir, 'debian', 'create')} x y b ${join(dir, 'debian')} \n`);
      assert.equal(log, outcome);
      assert.equal((await stat(join(dir, 'log', 'one.log'))).mode & 0o777, 0o640);
      assert.equal((await stat(join(dir, 'log'))).mode & 0o777, 0o750);
    }));

  it('is told of line by line, with what is done of it', () =>
    inFolder(async (dir) => {
      const long = 'x'.repeat(600);
      const { told, outcome } = await ran(
        dir,
        `printf 'one\\n\\n  two  \\r    (12.50/100%%)\\r\\n'; sleep 0.1; printf '${long}\\n(7/100%%) end'; sleep 0.1; echo; echo err >&2`,
      );
      assert.deepEqual(
        told.filter(({ text }) => text !== 'err'),
        [
          { text: 'one' },
          { text: 'two' },
          { text: '(12.50/100%)', fraction: 0.125 },
          { text: long.slice(0, 500) },
          { text: '(7/100%) end', fraction: 0.07 },
        ],
      );
      assert.ok(told.some(({ text }) => text === 'err') && String(outcome).includes('err\n'));
    }));

  it('fails with how it ended, and with its last lines', () =>
    inFolder(async (dir) => {
      const facts = { os: 'debian', script: 'create', instance: 'web1', log: join(dir, 'log', 'one.log') };
      const failed = (output: string, outcome: string) => ['OS_SCRIPT_FAILED', { ...facts, output, outcome }];
      assert.deepEqual((await ran(dir, 'exit 3')).outcome, failed('it wrote nothing', 'exit code 3'));
      assert.deepEqual(
        (await ran(dir, 'seq 30; exit 1')).outcome,
        failed(Array.from({ length: 20 }, (_, n) => n + 11).join('\n'), 'exit code 1'),
      );
      const long = await ran(dir, `printf '%03000d' 0; exit 1`);
      assert.deepEqual(long.outcome, failed('0'.repeat(2000), 'exit code 1'));
      const slow = await ran(dir, 'echo begun; sleep 100', { timeoutMs: 700 });
      const [code, { output, ...rest }] = slow.outcome as [string, Record<string, unknown>];
      assert.deepEqual([code, rest, /^begun/.test(String(output))], ['OS_SCRIPT_TIMED_OUT', { ...facts, seconds: 0.7 }, true]);
      const abort = new AbortController();
      setTimeout(() => abort.abort(), 300);
      assert.deepEqual((await ran(dir, 'sleep 100', {}, abort.signal)).outcome, ['CANCELLED', { subject: 'the create script of web1' }]);
      assert.deepEqual((await ran(dir, 'touch begun', {}, AbortSignal.abort())).outcome, ['CANCELLED', { subject: 'create of web1' }]);
      assert.ok(!(await readdir(join(dir, 'debian'))).includes('begun'));
    }));

  it('shows no secret, in what is told, kept or returned', () =>
    inFolder(async (dir) => {
      const script = 'printf "the pass"; sleep 0.05; printf "word is %s, " "$P"; echo "password" >&2; printf passw';
      const { outcome, told, log } = await ran(dir, script, { environment: { P: 'password' }, secrets: ['password'] });
      assert.ok(!JSON.stringify([outcome, told, log]).includes('password'));
      assert.match(String(log), /the <redacted> is <redacted>, /);
      assert.ok(
        String(outcome).endsWith('passw') && told.some(({ text }) => text.endsWith('passw')),
        'what was held back comes in the end',
      );
    }));

  it('that exports tells on its fourth descriptor how much there is', () =>
    inFolder(async (dir) => {
      const { told, outcome } = await ran(dir, 'echo " 123 " >&3; echo $EXP_SIZE_FD', { script: 'export' });
      assert.deepEqual([outcome, told.some(({ text }) => text === 'about 123 bytes to export')], ['3\n', true]);
    }));

  it('runs without its log, and that is told', () =>
    inFolder(async (dir) => {
      await writeFile(join(dir, 'file'), '');
      const logPath = join(dir, 'file', 'one.log');
      const { outcome, told } = await ran(dir, 'echo done', { logPath });
      assert.equal(outcome, 'done\n');
      assert.match(told.at(-1)?.text ?? '', new RegExp(`^the log ${logPath} is incomplete: E(EXIST|NOTDIR)`));
    }));
});

describe('the log of a script', () => {
  it('is bounded, and says so', () =>
    inFolder(async (dir) => {
      const log = await openScriptLog(join(dir, 'one.log'));
      const most = 16 * 1024 * 1024;
      log.write('x'.repeat(most - 10));
      log.write('y'.repeat(20));
      log.write('z');
      assert.equal(await log.end(), 'it is longer than 16 MiB');
      const text = await readFile(join(dir, 'one.log'), 'utf8');
      assert.ok(text.length < most + 100);
      assert.match(text.slice(most - 20), /^x{10}y{10}\nWhat follows is not kept\.\n$/);
      const whole = await openScriptLog(join(dir, 'two.log'));
      whole.write('all');
      assert.equal(await whole.end(), null);
    }));

  it('is told to be broken when it cannot be written', () =>
    inFolder(async (dir) => {
      await mkdir(join(dir, 'taken'));
      const log = await openScriptLog(join(dir, 'taken'));
      log.write('x');
      assert.match((await log.end()) ?? '', /EISDIR/);
    }));

  it('takes the place of the oldest of five hundred', () =>
    inFolder(async (dir) => {
      const names = Array.from({ length: 501 }, (_, n) => `${n}.log`);
      for (const [age, name] of names.entries()) {
        await writeFile(join(dir, name), '');
        await utimes(join(dir, name), 1_000_000 + age, 1_000_000 + age);
      }
      await (await openScriptLog(join(dir, 'new.log'))).end();
      const left = await readdir(dir);
      assert.deepEqual(
        [left.length, ...['0.log', '1.log', '2.log', 'new.log'].map((name) => left.includes(name))],
        [500, false, false, true, true],
      );
    }));
});

describe('definitions of OSes', () => {
  it('are links to folders as well, and no files; the newest version of each counts', () =>
    inFolder(async (dir) => {
      const path = join(dir, 'path');
      await writeDefinition(dir, 'real', {
        ganeti_api_version: '10\n15\n99\n',
        'variants.list': 'a\n#b\n c \n',
        verify: null,
        'parameters.list': null,
      });
      await mkdir(path);
      await symlink(join(dir, 'real'), join(path, 'linked'));
      await symlink(join(dir, 'gone'), join(path, 'dangling'));
      await writeFile(join(path, 'file'), '');
      const [linked, ...others] = await listOsDefinitions([path]);
      assert.deepEqual(
        [linked?.name, linked?.api_versions, linked?.variants, linked?.parameters, others.length],
        ['linked', [15, 10], ['a', 'c'], [], 0],
      );
      assert.equal((await loadOsDefinition([path], 'linked+a')).path, join(path, 'linked'));
      await assert.rejects(loadOsDefinition([path], 'file'), {
        code: 'OS_UNKNOWN',
        facts: { os: 'file', searched: path, available: 'linked' },
      });
      await assert.rejects(loadOsDefinition([join(dir, 'none')], 'x'), {
        facts: { os: 'x', searched: join(dir, 'none'), available: 'none' },
      });
    }));

  it('are not used when a file cannot be read or a script not be run', () =>
    inFolder(async (dir) => {
      await writeDefinition(dir, 'one');
      await mkdir(join(dir, 'one', 'variants.list'));
      const problem = async () => (await listOsDefinitions([dir]))[0]?.problem;
      assert.equal(await problem(), 'variants.list cannot be read (EISDIR)');
      await writeDefinition(dir, 'one', { ganeti_api_version: '15' });
      assert.equal(await problem(), 'variants.list cannot be read (EISDIR)');
      await writeDefinition(dir, 'one', { ganeti_api_version: '10' });
      assert.equal(await problem(), null);
      await chmod(join(dir, 'one', 'import'), 0o655);
      assert.equal(await problem(), 'the script import is not executable');
      await writeDefinition(dir, 'one', { ganeti_api_version: '4\n5' });
      assert.equal(await problem(), 'it has API version 4, 5, while 10, 15, 20 are known');
    }));

  it('are named up to the first plus, the rest is the variant', () => {
    assert.deepEqual(['debian', 'debian+a', 'debian+a+b', '+a', ''].map(osNameOf), ['debian', 'debian', 'debian', '', '']);
    assert.deepEqual(['debian', 'debian+a', 'debian+a+b', 'debian+'].map(osVariantOf), ['', 'a', 'a+b', '']);
  });
});
