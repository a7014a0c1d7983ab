/** A part of the search, up to `until` of the whole. Temperatures are in units of `SearchModel.unit`. */
export interface Phase {
  readonly until: number;
  readonly hot: number;
  readonly cold: number;
}

/** Downhill first, for something good soon; then from hot to cold; then from the best of all threads, less hot, and downhill again. */
export const phases: readonly Phase[] = [
  { until: 0.03, hot: 0, cold: 0 },
  { until: 0.82, hot: 0.7, cold: 0.002 },
  { until: 0.96, hot: 0.02, cold: 0.0001 },
  { until: 1, hot: 0, cold: 0 },
];
