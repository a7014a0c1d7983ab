export type { ApiLimits, ApiOptions, ApiServer, ListenAddress, TlsFiles } from './api-options.ts';
export { createApi } from './create-api.ts';
export { requestFamilies } from './server/request-metrics.ts';
