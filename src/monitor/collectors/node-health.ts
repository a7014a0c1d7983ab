import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import type { Json } from '../../base/index.ts';
import { requireTrusted } from '../../host/light.ts';
import type { Collector, CollectRun } from '../collector/collector.ts';
import type { CollectorContext } from '../collector/collector-context.ts';
import type { Status } from './status.ts';

/** What the node's own diagnosis says; the values of `health` are Ganeti's. */
interface NodeHealth {
  readonly status: Status;
  readonly health: (typeof states)[number] | 'unknown';
  /** Command that repairs it while instances run. */
  readonly command?: string;
  /** For whoever repairs it. */
  readonly details?: Json;
}

const states = ['Ok', 'live-repair', 'evacuate', 'evacuate-failover'] as const;

const largestOutput = 64 * 1024;

/** Reads what a diagnose command prints. @throws TypeError or SyntaxError for anything that is not one JSON object with a known status. */
export function parseDiagnosis(text: string): NodeHealth {
  if (text.length > largestOutput) throw new TypeError(`the diagnosis has ${text.length} characters; ${largestOutput} are allowed`);
  const value = JSON.parse(text) as { status?: unknown; command?: unknown; details?: Json } | null;
  const health = states.find((state) => state === value?.status);
  if (!value || !health) throw new TypeError(`the diagnosis has no known status: ${JSON.stringify(text.slice(0, 200))}`);
  const { command, details } = value;
  const said = details === undefined ? '' : `: ${typeof details === 'string' ? details : JSON.stringify(details)}`;
  return {
    status: health === 'Ok' ? { code: 0, message: '' } : { code: 4, message: `The node needs ${health}${said}` },
    health,
    ...(typeof command === 'string' && health === 'live-repair' && { command }),
    ...(details !== undefined && { details }),
  };
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** As of the programs that can be set. */
const fileName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export interface NodeHealthOptions {
  /** Only what lies here is run. */
  readonly folder: string;
  /** User id to which folder and command must belong. */
  readonly owner: number;
}

export function createNodeHealth({ folder, owner }: NodeHealthOptions): Collector<NodeHealth> {
  const diagnose = async ({ commands }: CollectorContext, { signal, command = 'diagnose' }: CollectRun): Promise<NodeHealth> => {
    if (!fileName.test(command)) throw new TypeError('it is not the name of a file');
    const trust = { owners: [owner, 0], fileOwners: [owner] };
    await requireTrusted(folder, trust);
    const program = await requireTrusted(`${folder}/${command}`, trust);
    const output = await commands.output(program, [], signal);
    if (output === undefined) throw new Error(`${program} or its interpreter is missing`);
    return parseDiagnosis(output);
  };

  return {
    name: 'node-health',
    category: 'node',
    kind: 'status',
    version: 'B',
    formatVersion: 1,
    help: "What the node's own diagnose command says about its hardware. A node without a command is healthy; if the command fails, the health is unknown.",
    interval: 300,
    timeout: 60,
    metrics: [{ name: 'gantry_node_health', type: 'gauge', help: 'Whether the node is in this state.', labels: ['health'] }],
    measure: (data, emit) => {
      for (const state of [...states, 'unknown']) emit('gantry_node_health', data.health === state ? 1 : 0, state);
    },
    start: (context) => async (run) => {
      // A node that is asked for a diagnosis by name must have it.
      if (run.command === undefined && !(await isThere(`${folder}/diagnose`))) return { status: { code: 0, message: '' }, health: 'Ok' };
      // The previous result is out of date: the report says that the diagnosis failed, instead of keeping the last one.
      return Promise.race([diagnose(context, run), timeIsUp(run.signal)]).catch((error: unknown): NodeHealth => {
        const problem = error instanceof Error ? error.message : String(error);
        return { status: { code: 2, message: `The diagnose command ${run.command ?? 'diagnose'} fails: ${problem}` }, health: 'unknown' };
      });
    },
  };
}

/** Rejects when the signal aborts: processes that the command started may delay its end. */
async function timeIsUp(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw new Error('it did not end in time');
}

export const nodeHealth = createNodeHealth({ folder: '/etc/gantry/node-diagnose-commands', owner: 0 });
