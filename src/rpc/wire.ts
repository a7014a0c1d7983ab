import type { ErrorReport } from '../base/index.ts';
import type { ConsoleKind } from '../model/index.ts';
import type { Progress } from './contract.ts';

/**
 * The protocol between master and node agent, over mutual TLS 1.3.
 *
 * `POST /rpc/METHOD` with the parameters as JSON. The answer is a stream of lines, each one a JSON object: any number of
 * `alive` and `progress`, then exactly one `result` or `error`. A stream that ends before that was cut off.
 * `DELETE /rpc/steps/STEP` stops a running step. `GET /rpc/console/UUID` upgrades to a websocket whose binary frames are
 * the bytes of the serial line, `GET /rpc/vnc/UUID` to one with those of VNC.
 */
export type WireLine =
  | { readonly alive: true }
  | { readonly progress: Progress }
  | { readonly result: unknown }
  | { readonly error: ErrorReport };

export const termHeader = 'gantry-term';
/** Identity of the history of the master's store; absent from masters that know none. */
export const epochHeader = 'gantry-epoch';
export const stepHeader = 'gantry-step';
/** W3C's header; absent from calls that belong to no job. What is not of its form counts as absent. */
export const traceHeader = 'traceparent';
export const lineType = 'application/x-ndjson';

/** What is invalid in an answer about the parameters of a call. */
export const calledMethod = (method: string): string => `call ${method}`;

export const methodPath = (method: string): string => `/rpc/${method}`;
export const stepPath = (stepId: string): string => `/rpc/steps/${encodeURIComponent(stepId)}`;
export const consolePath = (instanceUuid: string, kind: ConsoleKind): string =>
  `/rpc/${kind === 'vnc' ? 'vnc' : 'console'}/${encodeURIComponent(instanceUuid)}`;

/** Largest request that an agent reads, bytes. */
export const requestLimitBytes = 1024 * 1024;
/** Longest line of an answer that a client reads, characters. */
export const lineLimit = 32 * 1024 * 1024;
/** A working agent says at least this often that it is alive. */
export const heartbeatMs = 5_000;
