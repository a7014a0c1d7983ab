/**
 * Labels that begin with `__` are Prometheus's own: if a page contains one of them, such as `__name__`, Prometheus rejects the
 * whole page.
 */
export const labelNamePattern = '^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$';

/** What only the samples of a histogram and of a summary are told apart by. */
export const ownLabels: Readonly<Record<string, string>> = { le: 'histogram', quantile: 'summary' };
