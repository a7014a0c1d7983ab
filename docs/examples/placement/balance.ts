import { seededRandom } from '../../../src/base/index.ts';
import { loadCluster } from '../../../src/htools/index.ts';
import { balance, clusterScore, createState, optimise, prepareCluster } from '../../../src/placement/index.ts';

/** Balances a cluster in two ways and tells what each of them reaches. */
export async function compare(file: string): Promise<string> {
  const cluster = prepareCluster(await loadCluster({ textFile: file }));

  // Step by step: each step makes the best single move. The state is changed as the moves come.
  const state = createState(cluster);
  const before = clusterScore(state);
  const moves = [...balance(state)];

  // By search: a plan that is possible move for move; the cluster it is made for is not changed.
  const plan = optimise(cluster, { random: seededRandom(1), steps: 2000, maxMoves: 20 });
  const names = plan.moves.map(({ instance }) => cluster.instances[instance]?.name);

  return [
    `score before: ${before.toFixed(4)}`,
    `${moves.length} single moves: ${clusterScore(state).toFixed(4)}`,
    `search, ${plan.moves.length} moves, ${(plan.data / 1024).toFixed(0)} GiB: ${plan.after.toFixed(4)}`,
    `first: ${names[0]}`,
  ].join('\n');
}

if (import.meta.main) console.log(await compare(process.argv[2] ?? new URL('../location/cluster.data', import.meta.url).pathname));
