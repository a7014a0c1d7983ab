import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { seededRandom } from '../../src/base/index.ts';
import { formatText, parseText, runProgram } from '../../src/htools/index.ts';
import {
  balance,
  type ClusterData,
  clusterScore,
  createState,
  defaultBalanceOptions,
  optimalScore,
  prepareCluster,
} from '../../src/placement/index.ts';
import { randomCluster } from '../../src/placement/testing/random-cluster.ts';
import { wildCluster } from './wild-cluster.ts';

/** Ganeti's own hbal, from Debian's package ganeti-htools. */
const oracle = '/usr/bin/hbal';

/** More of them find more; the usual number is for a quick run. */
const seedCount = Number(process.env['GANTRY_ORACLE_SEEDS'] ?? 12);

let dir = '';
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gantry-oracle-'));
});
after(() => rm(dir, { recursive: true, force: true }));

interface Answer {
  readonly initial: string;
  /** Instance, nodes and score of each move. */
  readonly moves: readonly string[];
}

async function ask(text: string, loads: string): Promise<Answer> {
  const [file, utilisation] = [join(dir, 'cluster.data'), join(dir, 'loads')];
  await writeFile(file, text);
  await writeFile(utilisation, loads);
  const { stdout, stderr } = spawnSync(oracle, ['-t', file, '-U', utilisation], { encoding: 'utf8', env: { LC_ALL: 'C' } });
  const initial = /^Initial score: (\S+)/m.exec(stdout)?.[1];
  assert.ok(initial, `${stdout}${stderr}`);
  return {
    initial,
    moves: [...stdout.matchAll(/^ +\d+\. (\S+) .*=> +(\S+) +(\S+) a=/gm)].map(
      ([, instance, nodes, score]) => `${instance} ${nodes} ${score}`,
    ),
  };
}

function ours(cluster: ClusterData, loads: ReadonlyMap<string, { cpu: number; memory: number; disk: number; network: number }>): Answer {
  const data = prepareCluster(cluster, { utilisation: loads });
  const state = createState(data);
  const stop = optimalScore(state) + 1e-9;
  const moves: string[] = [];
  const initial = clusterScore(state).toFixed(8);
  if (clusterScore(state) >= stop) {
    for (const { instance, primary, secondary, score } of balance(state, defaultBalanceOptions)) {
      const nodes = [primary, secondary].flatMap((n) => (n >= 0 ? [data.nodes[n]?.alias] : [])).join(':');
      moves.push(`${data.instances[instance]?.alias} ${nodes} ${score.toFixed(8)}`);
      if (score <= stop) break;
    }
  }
  return { initial, moves };
}

describe('hbal of Ganeti and the engine here make the same moves with the same scores', () => {
  for (const [name, options] of [
    ['mirrored instances on equal nodes', { nodes: 6, instances: 40 }],
    ['shared storage', { nodes: 8, instances: 60, templates: ['ext', 'sharedfile', 'rbd'] }],
    ['everything mixed', { nodes: 7, instances: 30, templates: ['drbd', 'plain', 'ext', 'diskless'], varied: true }],
  ] as const) {
    test(name, async () => {
      let moves = 0;
      for (let seed = 1; seed <= seedCount; seed++) {
        const cluster = randomCluster(seededRandom(seed), options);
        const text = formatText(cluster);
        const loads = new Map(cluster.instances.flatMap(({ name: instance, load }) => (load ? [[instance, load] as const] : [])));
        const lines = [...loads].map(([instance, { cpu, memory, disk, network }]) => `${instance} ${cpu} ${memory} ${disk} ${network}\n`);
        const answer = ours(parseText(text, 'generated'), loads);
        assert.deepEqual(answer, await ask(text, lines.join('')), `seed ${seed}`);
        moves += answer.moves.length;
      }
      assert.ok(moves > 20, `only ${moves} moves were compared`);
    });
  }
});

/** Whether Ganeti 3.0 begins with another judgement of a node: by the memory that it reports as free. We judge as 3.1. */
function judgesOtherwise(text: string, options: readonly string[]): boolean {
  const fixed = options.find((option) => option.startsWith('--static-kvm-node-memory'))?.split('=')[1];
  const state = createState(prepareCluster(parseText(text, 'generated')), { staticKvmNodeMemory: Number(fixed ?? 0) });
  const { reserved, failN1 } = state.nodes;
  return state.data.nodes.some(({ freeMemory }, n) => Number(freeMemory < (reserved[n] as number)) !== failN1[n]);
}

test('and so they do on clusters with everything unusual, with all kinds of options', async () => {
  let moves = 0;
  let otherwise = 0;
  for (let seed = 1; seed <= 10 * seedCount; seed++) {
    const { text, loads, options } = wildCluster(seed);
    const [file, utilisation] = [join(dir, 'wild.data'), join(dir, 'wild.loads')];
    await writeFile(file, text);
    await writeFile(utilisation, loads);
    const words = ['-t', file, ...options, ...(loads === '' ? [] : ['-U', utilisation])];
    const theirs = spawnSync(oracle, words, { encoding: 'utf8', env: { LC_ALL: 'C' } });
    let out = '';
    await runProgram('hbal', words, { out: (printed) => void (out += printed), err: () => undefined, watched: false });
    if (out !== theirs.stdout && judgesOtherwise(text, options)) {
      otherwise++;
      continue;
    }
    assert.equal(out, theirs.stdout, `seed ${seed}, ${options.join(' ')}`);
    moves += [...out.matchAll(/ => /g)].length;
  }
  assert.ok(moves > 100, `only ${moves} moves were compared`);
  assert.ok(otherwise < 4 * seedCount, `${otherwise} clusters could not be compared`);
});

test('of many moves that are equal but for rounding, both choose the first', async () => {
  const nodes = Array.from({ length: 24 }, (_, n) => (n < 3 ? 10 : 0)).map((own, n) => {
    const [name, used] = [`n${String(n).padStart(2, '0')}.x`, 1024 * own];
    return `${name}|65536|1024|${64_512 - used}|1048576|${1_048_576 - 4096 * own}|16|N|u|8||N|0|1|1`;
  });
  const instances = Array.from(
    { length: 30 },
    (_, j) => `i${String(j).padStart(3, '0')}.x|1024|2048|1|running|Y|n0${j % 3}.x|n0${(j + 1) % 3}.x|drbd||1|-|N`,
  );
  const text = `g|u|preferred||\n\n${nodes.join('\n')}\n\n${instances.join('\n')}\n\n\n`;
  assert.deepEqual(ours(parseText(text, 'generated'), new Map()), await ask(text, ''));
});
