/** How a REST request asks for a dry run. */
export const dryRunQuery = { 'dry-run': 'dry_run' } as const;
