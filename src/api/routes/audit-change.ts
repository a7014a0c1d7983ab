import type { ApiContext } from '../api-options.ts';
import type { ApiRequest } from './route.ts';

/** Writes the audit line of a change that was made and that is no opcode. */
export function auditChange(
  { user, operation: { trace } }: Pick<ApiRequest, 'user' | 'operation'>,
  { services: { log } }: ApiContext,
  facts: { readonly action: string; readonly [fact: string]: unknown },
  text: string,
): void {
  log.info({ audit: true, ...(trace !== undefined && { trace }), user: user.name, ...facts }, text);
}
