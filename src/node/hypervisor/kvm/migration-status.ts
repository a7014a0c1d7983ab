import type { JsonObject } from '../../../base/index.ts';
import type { QmpClient } from '../qmp-client.ts';

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

export async function queryMigration(qmp: QmpClient): Promise<MigrationStatus> {
  const answer = (await qmp.execute('query-migrate')) as JsonObject;
  const ram = (answer['ram'] ?? {}) as Record<string, number>;
  const [address] = (answer['socket-address'] ?? []) as { port?: string }[];
  return {
    status: String(answer['status'] ?? 'none'),
    transferred: (ram['transferred'] ?? 0) / mebibyte,
    remaining: (ram['remaining'] ?? 0) / mebibyte,
    total: (ram['total'] ?? 0) / mebibyte,
    downtimeMs: Number(answer['downtime'] ?? 0),
    totalMs: Number(answer['total-time'] ?? 0),
    problem: String(answer['error-desc'] ?? 'QEMU gave no reason'),
    port: address?.port === undefined ? null : Number(address.port),
  };
}
