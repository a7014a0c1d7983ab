import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runProgram } from '../../command/run-program.ts';

interface Case {
  readonly name: string;
  readonly data: string;
  readonly runs: readonly { readonly options: readonly string[]; readonly out: string }[];
}

/** What Debian's Ganeti 3.0.2 printed. */
const cases: readonly Case[] = JSON.parse(readFileSync(new URL('testdata/hspace-oracle.json', import.meta.url), 'utf8'));

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hspace-'));
});
after(() => rm(folder, { recursive: true }));

describe("output is Ganeti's", () => {
  for (const { name, data, runs } of cases) {
    for (const { options, out: wanted } of runs) {
      test([name, ...options].join(' '), async () => {
        const file = join(folder, name);
        await writeFile(file, data);
        let out = '';
        const io = { out: (text: string) => void (out += text), err: () => undefined, watched: false };
        const source = data === '' ? [] : ['-t', file];
        assert.equal(await runProgram('hspace', [...source, ...options], io), 0);
        assert.equal(out, wanted);
      });
    }
  }
});
