import { stat } from 'node:fs/promises';
import type { Json } from '../../base/index.ts';
import type { Collector } from '../collector/collector.ts';
import type { Status } from './status.ts';

/** What the node's own diagnosis says; the values of `health` are Ganeti's. */
interface NodeHealth {
  readonly status: Status;
  readonly health: (typeof states)[number];
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

/** Whoever could write to it could have commands run: it must be root's, and nobody else may write. */
async function requireTrusted(path: string, owner: number): Promise<void> {
  const { uid, mode } = await stat(path);
  if (uid !== owner) throw new Error(`${path} belongs to user ${uid} and not to ${owner}`);
  if (mode & 0o022) throw new Error(`${path} can be written by others than its owner`);
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

export interface NodeHealthOptions {
  /** Only what lies here is run. */
  readonly folder: string;
  /** User id to which folder and command must belong. */
  readonly owner: number;
}

export function createNodeHealth({ folder, owner }: NodeHealthOptions): Collector<NodeHealth> {
  return {
    name: 'node-health',
    category: 'node',
    kind: 'status',
    version: 'B',
    formatVersion: 1,
    help: "What the node's own diagnose command says of its hardware; a node without one is well.",
    interval: 300,
    timeout: 60,
    metrics: [{ name: 'gantry_node_health', type: 'gauge', help: 'Whether the node is in this state.', labels: ['health'] }],
    measure: (data, emit) => {
      for (const state of states) emit('gantry_node_health', data.health === state ? 1 : 0, state);
    },
    start:
      ({ commands }) =>
      async ({ signal, command }) => {
        const program = `${folder}/${command ?? 'diagnose'}`;
        // A node that is asked for a diagnosis by name must have it.
        if (command === undefined && !(await isThere(program))) return { status: { code: 0, message: '' }, health: 'Ok' };
        await requireTrusted(folder, owner);
        await requireTrusted(program, owner);
        const output = await commands.output(program, [], signal);
        return parseDiagnosis(output ?? '');
      },
  };
}

export const nodeHealth = createNodeHealth({ folder: '/etc/gantry/node-diagnose-commands', owner: 0 });
