import type { Json } from '../../base/index.ts';
import type { Collector } from '../collector/collector.ts';
import { askDocker } from './ask-docker.ts';
import { type ActualState, actualStates, formatUptime, type InstanceStatus, type InstStatusReport, sumUp } from './instance-status.ts';
import type { Status } from './status.ts';

/** What the engine tells of one container. */
export interface Container {
  readonly name: string;
  readonly id: string;
  readonly state: string;
  /** Absent while it does not run. */
  readonly pid?: number;
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  /** Seconds since 1970; 0 for never. */
  readonly startedAt: number;
  readonly finishedAt: number;
}

/** Names the instance, where the container's own name is another one. */
const nameLabel = 'gantry.instance';

type Fields = { readonly [name: string]: Json | undefined };

const fieldsOf = (value: Json | undefined): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
const numberOf = (value: Json | undefined): number => (typeof value === 'number' ? value : 0);
const secondsOf = (value: Json | undefined): number => Math.max(0, Date.parse(textOf(value)) / 1000 || 0);

/** Reads the answer to `/containers/ID/json`; `undefined` for anything else. */
export function parseContainer(value: Json | undefined): Container | undefined {
  const container = fieldsOf(value);
  const state = fieldsOf(container['State']);
  const id = textOf(container['Id']);
  const label = textOf(fieldsOf(fieldsOf(container['Config'])['Labels'])[nameLabel]);
  const name = label || textOf(container['Name']).replace(/^\//, '');
  if (id === '' || name === '' || textOf(state['Status']) === '') return undefined;
  const pid = numberOf(state['Pid']);
  return {
    name,
    id,
    state: textOf(state['Status']),
    ...(pid > 0 && { pid }),
    exitCode: numberOf(state['ExitCode']),
    outOfMemory: state['OOMKilled'] === true,
    startedAt: secondsOf(state['StartedAt']),
    finishedAt: secondsOf(state['FinishedAt']),
  };
}

/** Exit codes of SIGTERM and SIGKILL: what `docker stop` sends. The engine does not tell who sent them. */
const stopCodes = [128 + 15, 128 + 9];

/** Who stopped a container: its user, when its first process ended well; an operator by a signal; else it crashed. */
export function judgeContainer({ state, exitCode, outOfMemory }: Container): {
  actual: ActualState;
  source: string;
  reason: string;
  code: Status['code'];
} {
  const operator = 'gantry:operator';
  switch (state) {
    case 'running':
      return { actual: 'running', source: operator, reason: 'started', code: 0 };
    case 'paused':
      return { actual: 'paused', source: operator, reason: 'paused', code: 0 };
    case 'created':
      return { actual: 'shutdown', source: operator, reason: 'never started', code: 0 };
    case 'restarting':
      return { actual: 'crashed', source: 'gantry:node', reason: `crashed with exit code ${exitCode}, starts again`, code: 1 };
    case 'exited':
      if (outOfMemory) return { actual: 'crashed', source: 'gantry:node', reason: 'crashed: its memory was used up', code: 4 };
      if (exitCode === 0) return { actual: 'shutdown', source: 'gantry:user', reason: 'stopped by its user', code: 0 };
      if (stopCodes.includes(exitCode)) return { actual: 'shutdown', source: operator, reason: 'stopped by the operator', code: 0 };
      return { actual: 'crashed', source: 'gantry:node', reason: `crashed with exit code ${exitCode}`, code: 4 };
    default:
      return { actual: 'unknown', source: 'gantry:node', reason: `in state ${state}`, code: state === 'removing' ? 0 : 2 };
  }
}

function describe(container: Container, now: number): InstanceStatus {
  const { actual, source, reason, code } = judgeContainer(container);
  const up = actual === 'running' || actual === 'paused';
  const since = (up ? container.startedAt : container.finishedAt) || container.startedAt;
  return {
    name: container.name,
    uuid: container.id,
    adminState: source === 'gantry:operator' && actual === 'shutdown' ? 'down' : 'up',
    actualState: actual,
    uptime: up ? formatUptime(now - container.startedAt) : null,
    mtime: since,
    state_reason: [[source, reason, Math.round(since * 1000) * 1e6]],
    status: { code, message: actual === 'running' ? '' : reason },
  };
}

/** @param socket - where the engine listens */
export function createInstStatusDocker(socket: string): Collector<InstStatusReport> {
  return {
    name: 'inst-status-docker',
    category: 'instance',
    kind: 'status',
    version: 'B',
    formatVersion: 1,
    help: 'State of every container of the Docker engine and who brought it about; a node without Docker has none.',
    interval: 10,
    timeout: 8,
    longestInterval: 30,
    largestReport: 8 * 1024 * 1024,
    metrics: [
      {
        name: 'gantry_container_status',
        type: 'gauge',
        help: 'Ganeti’s code: 0 good, 1 being repaired, 2 unknown, 4 bad.',
        labels: ['instance'],
      },
      { name: 'gantry_containers', type: 'gauge', help: 'Containers by what they do.', labels: ['state'] },
    ],
    measure: ({ instances }, emit) => {
      for (const { name, status } of instances) emit('gantry_container_status', status.code, name);
      if (instances.length === 0) return;
      for (const state of actualStates)
        emit('gantry_containers', instances.filter(({ actualState }) => actualState === state).length, state);
    },
    start: ({ instances, wallTime }) => {
      let known = new Map<string, Container>();

      /** Details are asked for again when the state changed, or may have: one that has just come up may have restarted. */
      const look = async (listed: Fields, signal: AbortSignal): Promise<Container | undefined> => {
        const id = textOf(listed['Id']);
        const before = known.get(id);
        if (before?.state === listed['State'] && !/second/i.test(textOf(listed['Status']))) return before;
        return parseContainer(await askDocker(socket, `/containers/${id}/json`, signal).catch(ignoreGone));
      };

      return async ({ signal }) => {
        const list = await askDocker(socket, '/containers/json?all=1', signal);
        const found: Container[] = [];
        for (const listed of Array.isArray(list) ? list : []) {
          const container = await look(fieldsOf(listed), signal);
          if (container) found.push(container);
        }
        known = new Map(found.map((container) => [container.id, container]));
        instances.learn?.(
          'docker',
          found.flatMap(({ name, pid }) => (pid === undefined ? [] : [{ name, hypervisor: 'docker', pid, interfaces: [] }])),
        );
        return sumUp(found.map((container) => describe(container, wallTime() / 1000)));
      };
    },
  };
}

/** A container that was removed between the list and the question. */
function ignoreGone(error: Error): undefined {
  if (!error.message.startsWith('Docker answers 404')) throw error;
  return undefined;
}

export const instStatusDocker = createInstStatusDocker('/var/run/docker.sock');
