import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInProcess } from '../testing/run-in-process.ts';

const collector = (...words: string[]) => runInProcess(['mon-collector', ...words], {});

test('help of a collector has its own options, those of all and the questions', async () => {
  assert.deepEqual(await collector('drbd', '--help'), {
    code: 0,
    stdout: [
      'Usage: mon-collector drbd [OPTION...]',
      '  -s, --drbd-status=FILE   read this file instead of /proc/drbd',
      '  -p, --drbd-pairing=FILE  JSON with the minors of instances, instead of the data of the node agent',
      '      --output=FORMAT      json, text for people, or metrics as Prometheus reads them [json]',
      '      --wait=SECONDS       seconds over which averages are computed; 0: no averages [1]',
      '  -V, --version            print the version',
      '  -h, --help               print this help',
      '      --help-completion    print the data for shell completion',
      '',
    ].join('\n'),
    stderr: '',
  });
  assert.match(
    (await collector('plugins', '-h')).stdout,
    /^Usage: mon-collector plugins \[OPTION\.\.\.\]\n {6}--plugins=FOLDER +folder with plugins/,
  );
});

test('without a name there is help, and that is an error unless it was asked for', async () => {
  const asked = await collector('--help');
  assert.equal(asked.code, 0);
  assert.match(
    asked.stdout,
    /^Usage: mon-collector COLLECTOR \[OPTION\.\.\.\]\n[^]*\n {2}drbd +\S[^]*\n {2}list +List the collectors[^]*\n {2}-V, --version +print the version\n/,
  );
  assert.deepEqual(await collector(), { code: 1, stdout: '', stderr: asked.stdout });
  assert.equal((await collector('-x')).code, 2);
});

test("completion and version are told in Ganeti's format", async () => {
  assert.equal(
    (await collector('lv', '--help-completion')).stdout,
    '-f,--file file\n-i,--instances file\n--output choices=json,text,metrics\n--wait float\n-V,--version none\n-h,--help none\n--help-completion none\n',
  );
  assert.match((await collector('--help-completion')).stdout, /^choices=cpu-avg-load,[\w,-]+,list,plugins 1 1\n$/);
  for (const words of [['-V'], ['lv', '--version']])
    assert.match((await collector(...words)).stdout, /^mon-collector \(gantry\) version \d+\.\d+\.\d+\n$/);
});

test('what is listed has a category, a kind and an interval', async () => {
  const { code, stdout } = await collector('list');
  assert.equal(code, 0);
  assert.match(stdout, /^drbd +storage +status +10 s {2}\S/m);
  assert.match(stdout, /^cpu-avg-load +default +performance +5 s {2}\S/m);
  const rows = JSON.parse((await collector('list', '--output=json')).stdout) as Record<string, unknown>[];
  assert.deepEqual(Object.keys(rows[0] ?? {}), ['name', 'category', 'kind', 'interval', 'help']);
});
