import {
  createHistogram,
  type Emit,
  GantryError,
  type Histogram,
  longSeconds,
  type MetricFamily,
  type MetricSource,
} from '../base/index.ts';
import { nodeContract, type RpcName } from './contract.ts';

/** How a call ended, in few words. */
const outcomes = ['ok', 'failed', 'unreachable', 'timed_out', 'garbled', 'refused', 'cancelled'] as const;
export type CallOutcome = (typeof outcomes)[number];

const byCode: Readonly<Record<string, CallOutcome>> = {
  NODE_UNREACHABLE: 'unreachable',
  NODE_TIMED_OUT: 'timed_out',
  NODE_GARBLED: 'garbled',
  NODE_REFUSED_TERM: 'refused',
  NODE_REFUSED_EPOCH: 'refused',
  NODE_REFUSED_CALLER: 'refused',
  NODE_IDENTITY_WRONG: 'refused',
  CANCELLED: 'cancelled',
};

/** @param error what the call threw; undefined: it was answered */
export const callOutcome = (error: unknown): CallOutcome =>
  error === undefined ? 'ok' : (byCode[GantryError.from(error).code] ?? 'failed');

const calls = {
  name: 'gantry_rpc_calls',
  type: 'counter',
  help: 'Calls of node agents that have ended, by method and how they ended.',
  labels: ['method', 'outcome'],
} as const satisfies MetricFamily;
const duration = {
  name: 'gantry_rpc_call_duration_seconds',
  type: 'histogram',
  unit: 'seconds',
  help: 'How long calls of node agents took, with their repetitions.',
  labels: ['method'],
} as const satisfies MetricFamily;
const underWay = {
  name: 'gantry_rpc_calls_under_way',
  type: 'gauge',
  help: 'Calls of node agents that have not ended.',
} as const satisfies MetricFamily;

export const rpcFamilies: readonly MetricFamily[] = [calls, duration, underWay];

/** Counts the calls of node agents. */
export class RpcMetrics implements MetricSource {
  readonly families = rpcFamilies;
  readonly #methods = new Map<RpcName, { readonly ends: Float64Array; readonly took: Histogram }>(
    (Object.keys(nodeContract) as RpcName[]).map((method) => [
      method,
      { ends: new Float64Array(outcomes.length), took: createHistogram(longSeconds) },
    ]),
  );
  #underWay = 0;

  begin(): void {
    this.#underWay++;
  }

  end(method: RpcName, outcome: CallOutcome, seconds: number): void {
    this.#underWay--;
    const counted = this.#methods.get(method);
    if (!counted) return;
    const place = outcomes.indexOf(outcome);
    counted.ends[place] = (counted.ends[place] as number) + 1;
    counted.took.observe(seconds);
  }

  measure(emit: Emit): void {
    emit(underWay.name, this.#underWay);
    for (const [method, { ends, took }] of this.#methods) {
      // Methods that nobody has called have no series.
      if (ends.every((count) => count === 0)) continue;
      emit(duration.name, took, method);
      for (const [place, outcome] of outcomes.entries()) emit(calls.name, ends[place] as number, method, outcome);
    }
  }
}
