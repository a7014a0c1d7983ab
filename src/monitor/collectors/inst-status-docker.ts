import type { Json } from '../../base/index.ts';
import type { ProcFiles } from '../../host/light.ts';
import { parseProcessStat } from '../../host/light.ts';
import type { Collector } from '../collector/collector.ts';
import { rest } from '../collector/counter-history.ts';
import { askDocker } from './ask-docker.ts';
import { askInTurn } from './ask-in-turn.ts';
import { createInstStatus, type InstStatusReport } from './create-inst-status.ts';
import type { FoundInstance, Verdict } from './instance-status.ts';

/** What the engine tells of one container. */
export interface Container {
  readonly name: string;
  readonly id: string;
  readonly state: string;
  /** Absent while it does not run. */
  readonly pid?: number;
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  /** The engine's folder for data that its API does not report; absent if the container never ran. */
  readonly folder?: string;
  /** Whether somebody had the engine send it a signal since it began; absent where that cannot be read. */
  readonly signalled?: boolean;
  /** Seconds since 1970; 0 for never. */
  readonly createdAt: number;
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
  // Of one in the network of another container these are the other's.
  const [, containers] = /^(\/.+\/)[0-9a-f]{64}\/[^/]+$/.exec(textOf(container['ResolvConfPath'])) ?? [];
  return {
    name,
    id,
    state: textOf(state['Status']),
    ...(pid > 0 && { pid }),
    exitCode: numberOf(state['ExitCode']),
    outOfMemory: state['OOMKilled'] === true,
    ...(containers !== undefined && { folder: `${containers}${id}` }),
    createdAt: secondsOf(container['Created']),
    startedAt: secondsOf(state['StartedAt']),
    finishedAt: secondsOf(state['FinishedAt']),
  };
}

/**
 * Whether the engine was asked to stop a container or send it a signal: it keeps that in its own file only, for its policy
 * of restarts. `undefined` where this user cannot read it, or it is not as Docker has written it since 1.10.
 */
function wasSignalled(files: ProcFiles, { folder, state }: Container): boolean | undefined {
  if (folder === undefined || state !== 'exited') return undefined;
  try {
    const told = fieldsOf(JSON.parse(files.readOnce(`${folder}/config.v2.json`) ?? 'null') as Json)['HasBeenManuallyStopped'];
    return typeof told === 'boolean' ? told : undefined;
  } catch {
    return undefined;
  }
}

const operator = 'gantry:operator';
const stoppedByOperator: Verdict = { actualState: 'shutdown', source: operator, reason: 'stopped by the operator', code: 0 };

const [killed, terminated] = [128 + 9, 128 + 15];

/**
 * Who stopped a container. After an operator's `docker stop` the container ends with one of three codes, depending on its
 * reaction. A process that only got a signal, for example to reopen its logs, may crash later with another code. A container that
 * ended by SIGTERM was asked to end, perhaps without the engine. SIGKILL may also come from the kernel, when the host runs out of
 * memory.
 */
export function judgeContainer({ state, exitCode, outOfMemory, signalled }: Container): Verdict {
  switch (state) {
    case 'running':
      return { actualState: 'running', source: operator, reason: 'started', code: 0 };
    case 'paused':
      return { actualState: 'paused', source: operator, reason: 'paused', code: 0 };
    case 'created':
      return { actualState: 'shutdown', source: operator, reason: 'never started', code: 0 };
    case 'restarting':
      return { actualState: 'crashed', source: 'gantry:node', reason: `crashed with exit code ${exitCode}, starts again`, code: 1 };
    case 'exited':
      if (signalled && [0, killed, terminated].includes(exitCode)) return stoppedByOperator;
      if (exitCode === 0) return { actualState: 'shutdown', source: 'gantry:user', reason: 'stopped by its user', code: 0 };
      if (outOfMemory) return { actualState: 'crashed', source: 'gantry:node', reason: 'crashed: its memory was used up', code: 4 };
      if (exitCode === terminated || (exitCode === killed && signalled === undefined)) return stoppedByOperator;
      return { actualState: 'crashed', source: 'gantry:node', reason: `crashed with exit code ${exitCode}`, code: 4 };
    default:
      return { actualState: 'unknown', source: 'gantry:node', reason: `in state ${state}`, code: state === 'removing' ? 0 : 2 };
  }
}

function describe(container: Container, now: number): FoundInstance {
  const { name, id: uuid, createdAt, startedAt, finishedAt } = container;
  const verdict = judgeContainer(container);
  const isUp = verdict.actualState === 'running' || verdict.actualState === 'paused';
  return {
    name,
    uuid,
    verdict,
    uptime: isUp ? rest(now, startedAt) : null,
    since: (isUp ? startedAt : finishedAt) || startedAt || createdAt,
  };
}

/** One line of the list of containers. */
interface Listed {
  readonly id: string;
  readonly name: string;
  /** The engine's word, and since when in human words: `Up 2 hours`. */
  readonly state: { readonly name: string; readonly since: string };
  /** Everything in the line that changes when a container is restarted or renamed. */
  readonly line: string;
}

function parseListed(value: Json): Listed {
  const { Id, Names, Created, State, Status, Labels } = fieldsOf(value);
  const [first] = Array.isArray(Names) ? Names : [];
  return {
    id: textOf(Id),
    name: textOf(fieldsOf(Labels)[nameLabel]) || textOf(first).replace(/^\//, '') || textOf(Id),
    state: { name: textOf(State), since: textOf(Status) },
    line: JSON.stringify([Names, Created, State, Status]),
  };
}

/** A listed container for which the engine did not answer in time. */
const untold = ({ name, id: uuid }: Listed, now: number): FoundInstance => {
  const message = 'the engine did not report it in time';
  return {
    name,
    uuid,
    verdict: { actualState: 'unknown', source: 'gantry:node', reason: 'not told', code: 2, message },
    uptime: null,
    since: now,
  };
};

/** What is known of a container, and of what process and line of the list. */
interface Known {
  readonly container: Container;
  readonly line: string;
  /** When its process began; absent without one. */
  readonly started: number | undefined;
}

/** So many containers are asked for at once. */
const atOnce = 8;

/** @param socket - where the engine listens */
export function createInstStatusDocker(socket: string): Collector<InstStatusReport> {
  const makeKnown = () => new Map<string, Known>();
  return createInstStatus({
    name: 'inst-status-docker',
    help: 'State of every container of the Docker engine and who caused it. Empty on a node without Docker.',
    interval: 10,
    timeout: 8,
    longestInterval: 30,
    families: { status: 'gantry_container_status', count: 'gantry_containers' },
    plural: 'Containers',
    countsNone: false,
    find: ({ files, instances, wallTime, kept }) => {
      const known = kept(makeKnown);
      const startOf = (pid: number | undefined) =>
        pid === undefined ? undefined : parseProcessStat(files.readOnce(`/proc/${pid}/stat`))?.started;

      /** Whether what is known still holds: the same line in the list and process; of one that is seconds old it may be another start. */
      const isFresh = ({ id, line, state }: Listed): boolean => {
        const before = known.get(id);
        if (before?.line !== line || /second/i.test(state.since)) return false;
        return startOf(before.container.pid) === before.started;
      };

      return async ({ signal }) => {
        const list = await askDocker(socket, '/containers/json?all=1', signal);
        const listed = (Array.isArray(list) ? list : []).map(parseListed);
        const ids = new Set(listed.map(({ id }) => id));
        for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
        const stale = listed.filter((one) => !isFresh(one));
        // Containers that were never reported come first, so that in the end all are reported even with a slow engine.
        const waiting = [...stale.filter(({ id }) => !known.has(id)), ...stale.filter(({ id }) => known.has(id))];
        const answered = new Set<string>();
        await askInTurn(waiting, atOnce, signal, async ({ id, line }) => {
          const container = parseContainer(await askDocker(socket, `/containers/${id}/json`, signal).catch(ignoreGone));
          const signalled = container && wasSignalled(files, container);
          if (container)
            known.set(id, {
              container: { ...container, ...(signalled !== undefined && { signalled }) },
              line,
              started: startOf(container.pid),
            });
          else known.delete(id);
          answered.add(id);
        });
        const there = listed.filter(({ id }) => known.has(id) || !answered.has(id));
        const containers = there.flatMap(({ id }) => known.get(id)?.container ?? []);
        instances.learn?.(
          'docker',
          containers.flatMap(({ name, pid }) => (pid === undefined ? [] : [{ name, hypervisor: 'docker', pid, interfaces: [] }])),
        );
        const now = wallTime() / 1000;
        return there.map((one) => {
          const container = known.get(one.id)?.container;
          return container && (answered.has(one.id) || container.state === one.state.name) ? describe(container, now) : untold(one, now);
        });
      };
    },
  });
}

/** A container that was removed between the list and the question. */
function ignoreGone(error: Error): undefined {
  if (!error.message.startsWith('Docker answers 404')) throw error;
  return undefined;
}

export const instStatusDocker = createInstStatusDocker('/var/run/docker.sock');
