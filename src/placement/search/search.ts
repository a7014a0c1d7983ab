import type { Random } from '../../base/index.ts';
import { annealBatch } from './anneal.ts';
import type { SearchModel } from './search-model.ts';

export interface SearchOptions {
  readonly random: Random;
  /** How much of the search is over, 0 to 1; asked after every batch of steps. */
  readonly progress: () => number;
  /** The same searches elsewhere: given the best found here, answers with the best found anywhere. */
  readonly exchange?: ((best: FoundState) => FoundState) | undefined;
}

export interface FoundState {
  readonly bins: Int32Array;
  readonly cost: number;
}

/** A part of the search, up to `until` of the whole. Temperatures are in units of what an average change costs. */
interface Phase {
  readonly until: number;
  readonly hot: number;
  readonly cold: number;
  /** Pressure on capacities, in temperatures, at the beginning and at the end; undefined: they hold all the time. */
  readonly pressure?: readonly [number, number];
}

const phases: readonly Phase[] = [
  { until: 0.01, hot: 0, cold: 0 },
  { until: 0.8, hot: 10, cold: 5e-3, pressure: [1, 3000] },
  { until: 0.9, hot: 0.1, cold: 1e-3, pressure: [30, 3000] },
  { until: 1, hot: 3e-2, cold: 1e-4 },
];

/**
 * Improves the state of a model until the progress is 1 and answers with the best state in which every capacity holds.
 * Anytime: the longer it may take, the slower it cools. The same random numbers and the same progress give the same
 * result. The model is left in the best state.
 */
export function search(model: SearchModel, options: SearchOptions): FoundState {
  const { random, progress, exchange } = options;
  const scale = scaleOf(model, random);
  let best: FoundState = { bins: Int32Array.from(model.binOf), cost: model.cost };
  const keepBest = () => {
    if (model.valid && model.cost < best.cost) best = { bins: Int32Array.from(model.binOf), cost: model.cost };
  };
  let begin = 0;
  for (const phase of phases) {
    runPhase(model, phase, scale, begin, random, progress, keepBest);
    begin = phase.until;
    best = exchange?.(best) ?? best;
    model.reset(best.bins);
  }
  return best;
}

function runPhase(
  model: SearchModel,
  { until, hot, cold, pressure }: Phase,
  scale: number,
  begin: number,
  random: Random,
  progress: () => number,
  afterBatch: () => void,
): void {
  let push = 1;
  for (let now = progress(); now < until; now = progress()) {
    const done = (now - begin) / (until - begin);
    const temperature = hot === 0 ? 0 : scale * hot * (cold / hot) ** done;
    if (pressure) {
      const [first, last] = pressure;
      // In the end everything has to fit, whatever it takes.
      if (done > 0.9) push = model.valid ? push : push * 1.1;
      model.press(temperature * first * (last / first) ** done * push);
    }
    annealBatch(model, temperature, random);
    afterBatch();
  }
  model.press(Number.POSITIVE_INFINITY);
}

/** What a change of the state costs or gains on average. */
function scaleOf(model: SearchModel, random: Random): number {
  let sum = 0;
  let count = 0;
  for (let sample = 0; sample < scaleSamples; sample++) {
    const delta = model.weighShift(Math.floor(random() * model.items), Math.floor(random() * model.bins), Number.POSITIVE_INFINITY);
    if (delta === Number.POSITIVE_INFINITY) continue;
    sum += Math.abs(delta);
    count++;
  }
  return count === 0 ? 1 : sum / count;
}

const scaleSamples = 20_000;
