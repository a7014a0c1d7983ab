/** Labels that begin with `__` are Prometheus's own: one of them on a page, such as `__name__`, and it takes nothing of the page. */
export const labelNamePattern = '^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$';

/** What only the samples of a histogram and of a summary are told apart by. */
export const ownLabels: Readonly<Record<string, string>> = { le: 'histogram', quantile: 'summary' };
