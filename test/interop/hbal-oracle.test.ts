import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { seededRandom } from '../../src/base/index.ts';
import { formatText, parseText } from '../../src/htools/index.ts';
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

/** Ganeti's own hbal, from Debian's package ganeti-htools. */
const oracle = '/usr/bin/hbal';

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
      for (let seed = 1; seed <= Number(process.env['GANTRY_ORACLE_SEEDS'] ?? 12); seed++) {
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
