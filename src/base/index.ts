export { type Clock, systemClock } from './clock.ts';
export type { ErrorDefinition, ErrorKind, GanetiErrorCode } from './errors/define-errors.ts';
export { type ErrorCode, errorCatalogue } from './errors/error-catalogue.ts';
export { type ErrorReport, GantryError } from './errors/gantry-error.ts';
export type { Json, JsonObject } from './json.ts';
export { createLog, type Log, silentLog } from './log.ts';
export { type Random, seededRandom } from './random.ts';
export { minimalEnvironment, type RunOptions, type RunResult, run } from './run.ts';
export { formatMebibytes, parseMebibytes } from './units.ts';
