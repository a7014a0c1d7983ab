import { type GanetiErrorCode, GantryError } from '../base/index.ts';
import { ReportedError } from './connect/reported-error.ts';

/** What the exit code of `gantry` tells a script. */
export const exitCodes = {
  ok: 0,
  /** The operation failed, or something broke. */
  failed: 1,
  /** The command line or its input was wrong; nothing was changed. */
  usage: 2,
  /** An object that was named does not exist. */
  notFound: 3,
  /** The cluster cannot be reached, or does not accept who asks. */
  connection: 4,
  /** The state of the cluster does not allow it: wrong state, name taken, no room. */
  refused: 5,
  /** Ctrl-C; a job that was submitted goes on. */
  interrupted: 130,
} as const;

const connectionCodes = new Set([
  'CLI_CLUSTER_NOT_SET',
  'CLI_CLUSTER_UNKNOWN',
  'CLI_CONFIG_UNREADABLE',
  'CLI_CA_UNREADABLE',
  'CLI_CREDENTIALS_UNREADABLE',
  'CLI_CLUSTER_UNREACHABLE',
  'CLI_JOB_LOST_SIGHT',
  'CLI_CERTIFICATE_REFUSED',
  'CLI_REPLY_UNREADABLE',
]);

/** Ganeti's clients are told wrong input; but the same command is right when another master leads. */
const refusedCodes = new Set(['NODE_IS_MASTER']);

const byGaneti: Record<GanetiErrorCode, number> = {
  wrong_input: exitCodes.usage,
  unknown_entity: exitCodes.notFound,
  resolver_error: exitCodes.notFound,
  wrong_state: exitCodes.refused,
  already_exists: exitCodes.refused,
  resource_not_unique: exitCodes.refused,
  insufficient_resources: exitCodes.refused,
  temp_insufficient_resources: exitCodes.refused,
  internal_error: exitCodes.failed,
  environment_error: exitCodes.failed,
};

/** The exit code for anything thrown. */
export function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof ReportedError) {
    if (thrown.status === 401 || thrown.status === 403) return exitCodes.connection;
    if (refusedCodes.has(thrown.report.code)) return exitCodes.refused;
    if (thrown.ganeti) return byGaneti[thrown.ganeti];
    return byStatus(thrown.status ?? 500);
  }
  const error = GantryError.from(thrown);
  if (connectionCodes.has(error.code)) return exitCodes.connection;
  if (error.code === 'CLI_JOB_CANCELED') return exitCodes.failed;
  return byGaneti[error.ganeti];
}

function byStatus(status: number): number {
  if (status === 404) return exitCodes.notFound;
  if (status === 409 || status === 412) return exitCodes.refused;
  return status >= 400 && status < 500 ? exitCodes.usage : exitCodes.failed;
}
