import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ProgramName } from '../command/programs.ts';
import { runQuietly } from './testing/small-cluster.ts';

interface Case {
  readonly name: string;
  readonly data: string;
  readonly runs: readonly {
    readonly program: ProgramName;
    readonly options: readonly string[];
    readonly code: number;
    readonly out: string;
    /** Not there where ours says more than Ganeti's. */
    readonly err?: string;
  }[];
}

/** What Debian's Ganeti 3.0.2 printed. */
const cases: readonly Case[] = JSON.parse(readFileSync(new URL('testdata/printed-oracle.json', import.meta.url), 'utf8'));

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-printed-'));
});
after(() => rm(folder, { recursive: true }));

describe("what programs print is Ganeti's, at every verbosity", () => {
  for (const { name, data, runs } of cases) {
    test(name, async () => {
      const file = join(folder, name);
      await writeFile(file, data);
      for (const { program, options, code, out, err } of runs) {
        const printed = await runQuietly(program, '-t', file, ...options);
        const words = [program, ...options].join(' ');
        assert.equal(printed.out, out, words);
        assert.equal(printed.code, code, words);
        if (err !== undefined) assert.equal(printed.err, err, words);
      }
    });
  }
});
