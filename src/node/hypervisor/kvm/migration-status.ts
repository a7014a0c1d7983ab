import type { QmpClient } from '../../../base/index.ts';

/** What `query-migrate` tells, in our units. */
export interface MigrationStatus {
  /** `none`, `setup`, `active`, `completed`, `failed`, `cancelled`, … */
  readonly status: string;
  /** MiB. */
  readonly transferred: number;
  readonly remaining: number;
  readonly total: number;
  readonly downtimeMs: number;
  readonly totalMs: number;
  /** QEMU's reason for a failure. */
  readonly problem: string;
  /** Port on which the target listens. */
  readonly port: number | null;
}

/**
 * Capabilities that both sides set. The source waits for the target's word that it has loaded everything; else a small
 * guest counts as sent when it lies in the network's buffers, even if the target cannot use it.
 */
export const acknowledged = [{ capability: 'return-path', state: true }];

const mebibyte = 1024 * 1024;

/** The part of QEMU's answer that is used; bytes and milliseconds. */
interface Answer {
  readonly status?: string;
  readonly ram?: { readonly transferred: number; readonly remaining: number; readonly total: number };
  readonly downtime?: number;
  readonly 'total-time'?: number;
  readonly 'error-desc'?: string;
  readonly 'socket-address'?: readonly { readonly port?: string }[];
}

export async function queryMigration(qmp: QmpClient): Promise<MigrationStatus> {
  const answer = (await qmp.execute('query-migrate')) as Answer;
  const { ram = { transferred: 0, remaining: 0, total: 0 } } = answer;
  const port = answer['socket-address']?.[0]?.port;
  return {
    status: answer.status ?? 'none',
    transferred: ram.transferred / mebibyte,
    remaining: ram.remaining / mebibyte,
    total: ram.total / mebibyte,
    downtimeMs: answer.downtime ?? 0,
    totalMs: answer['total-time'] ?? 0,
    problem: answer['error-desc'] ?? 'QEMU gave no reason',
    port: port === undefined ? null : Number(port),
  };
}
