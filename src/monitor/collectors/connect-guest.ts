import type { QmpClient, QmpCommand } from '../../base/index.ts';
import {
  type BalloonStats,
  type BlockStats,
  type GuestState,
  parseAccelerated,
  parseBalloonStats,
  parseBlockStats,
  parseState,
} from './parse-guest-answers.ts';

/** What QEMU tells of its guest. */
export interface GuestFacts extends GuestState {
  /** Whether the processor runs its code with the help of KVM; else QEMU emulates it. `null` where QEMU does not tell. */
  readonly accelerated: boolean | null;
  readonly memory: BalloonStats;
  readonly disks: readonly BlockStats[];
}

/** A connection to QEMU that is kept. */
export interface GuestConnection {
  /** @throws HYPERVISOR_QMP_REFUSED, HYPERVISOR_QMP_LOST, HYPERVISOR_QMP_GARBLED, HYPERVISOR_QMP_TIMED_OUT */
  ask(): Promise<GuestFacts>;
  /** Resolves when it has ended, however it did. */
  readonly closed: QmpClient['closed'];
  close(): void;
}

export interface GuestConnectionOptions {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Milliseconds for all answers of one question, and for the greeting. */
  readonly patience: number;
  /** Seconds between two looks of the balloon's driver at the guest's memory. */
  readonly pollingInterval: number;
}

const balloonPath = '/machine/peripheral/balloon0';

const stateQuestions: readonly QmpCommand[] = [{ command: 'query-status' }, { command: 'query-balloon' }];
const memoryQuestion: QmpCommand = { command: 'qom-get', args: { path: balloonPath, property: 'guest-stats' } };
const diskQuestion: QmpCommand = { command: 'query-blockstats' };

/** If QEMU sends no event, its last answer counts for this time (ms). */
const longestTrust = 60_000;

/** A collection that comes a little early (ms) still asks. */
const slack = 500;

/**
 * Connects to QEMU and asks only what is necessary: a running guest keeps running, with the same balloon, until an event reports
 * a change (only the state of guests that do not run can change without an event), and the balloon driver updates its figures at
 * its own pace.
 */
export async function connectGuest(socket: string, options: GuestConnectionOptions): Promise<GuestConnection> {
  const { now, patience, pollingInterval } = options;
  const { connectQmp, withOwnSocket } = await import('../../base/index.ts');
  // If an earlier agent started it, the folder belongs to the user of this QEMU, who may have put a link to another QEMU there.
  const settings = { connectMs: patience, lineLimit: 256 * 1024, socketName: socket };
  const qmp = await withOwnSocket(socket, (held) => connectQmp(held, settings));
  // Guests fill in their statistics at this pace, and not at all unless asked. Not every machine has a balloon.
  const pace = { path: balloonPath, property: 'guest-stats-polling-interval', value: pollingInterval };
  const first = [{ command: 'qom-set', args: pace }, { command: 'query-kvm' }];
  // One that hangs is found out when it is asked.
  const [, kvm] = await qmp.executeAll(first, patience).catch(() => []);
  const accelerated = parseAccelerated(kvm);

  let events = 0;
  let known: (GuestState & { readonly events: number; readonly at: number }) | undefined;
  let memory: { readonly stats: BalloonStats; readonly at: number } | undefined;
  qmp.onEvent(() => events++);

  const isFresh = (at: number | undefined, longest: number) => at !== undefined && now() - at < longest;

  return {
    closed: qmp.closed,
    close: qmp.close,
    ask: async () => {
      const before = { events, at: now() };
      const isSame = known?.state === 'running' && known.events === events && isFresh(known.at, longestTrust);
      const isRemembered = isFresh(memory?.at, pollingInterval * 1000 - slack);
      const questions = [diskQuestion, ...(isRemembered ? [] : [memoryQuestion]), ...(isSame ? [] : stateQuestions)];
      const answers = await qmp.executeAll(questions, patience);
      if (!isRemembered) memory = { stats: parseBalloonStats(answers[1]), at: before.at };
      if (!isSame) known = { ...parseState(answers.at(-2), answers.at(-1)), ...before };
      const { state, balloon } = known as GuestState;
      return { state, balloon, accelerated, memory: memory?.stats ?? {}, disks: parseBlockStats(answers[0]) };
    },
  };
}
