/** A part of the search, up to `until` of the whole. Temperatures are in units of `SearchModel.itemPrice`. */
export interface Phase {
  readonly until: number;
  readonly hot: number;
  readonly cold: number;
  /** Pressure on capacities, in temperatures, at the beginning and at the end; undefined: they hold all the time. */
  readonly pressure?: readonly [number, number];
}

/**
 * `firm`: capacities hold all the time. `soft`: while it is hot, bins may be overfull, which finds ways between states
 * that no allowed change connects, but may not find back where rules leave little choice. `both`: one after the other.
 */
export type SearchStyle = 'firm' | 'soft' | 'both';

/** Downhill first, for something good soon; then from hot to cold; then less hot again, from the best of all threads. */
export function phasesOf(style: SearchStyle): readonly Phase[] {
  return [downhill, ...coolings[style], ...ending];
}

const downhill: Phase = { until: 0.02, hot: 0, cold: 0 };

// Which temperature suits depends on how tightly large items fit, which is hard to tell beforehand: each style tries two.
const coolings: Readonly<Record<SearchStyle, readonly Phase[]>> = {
  firm: [
    { until: 0.4, hot: 0.05, cold: 1e-3 },
    { until: 0.85, hot: 0.4, cold: 1e-3 },
  ],
  soft: [
    { until: 0.4, hot: 0.4, cold: 1e-3, pressure: [1, 1000] },
    { until: 0.85, hot: 1.6, cold: 1e-3, pressure: [1, 1000] },
  ],
  both: [
    { until: 0.4, hot: 0.1, cold: 1e-3 },
    { until: 0.85, hot: 0.6, cold: 1e-3, pressure: [1, 1000] },
  ],
};

const ending: readonly Phase[] = [
  { until: 0.95, hot: 1e-2, cold: 1e-4 },
  { until: 1, hot: 1e-3, cold: 1e-5 },
];
