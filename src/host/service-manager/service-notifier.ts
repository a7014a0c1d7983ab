import { spawn } from 'node:child_process';

/** Tells the service manager (systemd) how a daemon is. Without one it does nothing. */
export interface ServiceNotifier {
  /** The daemon serves, or waits for what may take long; the manager goes on with what comes after it. Once is enough. */
  ready(status: string): void;
  /** One line for `systemctl status`. */
  status(text: string): void;
  /** Ends the heartbeat: from now on the time limit for stopping counts. */
  stopping(): void;
}

export interface NotifierOptions {
  /** Where the manager's variables are; they are taken out of it, so that no child inherits them. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Whether the daemon still does its work; asked before each heartbeat. Cheap, and nothing that a restart would not help. */
  readonly healthy: () => boolean | Promise<boolean>;
  /** What could not be told, or why there is no heartbeat. */
  readonly onProblem: (problem: string) => void;
}

/** A message that has not arrived after this time is lost; milliseconds. */
const patienceMs = 10_000;

/**
 * Speaks sd_notify(3). Node has no datagram sockets of the Unix family, so `systemd-notify` is run; as root it speaks in
 * the name of this process. The heartbeat comes three times in the time that the manager allows: it stops when the event
 * loop hangs, or when the daemon is not healthy.
 */
export function openServiceNotifier({ environment = process.env, healthy, onProblem }: NotifierOptions): ServiceNotifier {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: limit, WATCHDOG_PID: pid } = environment;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete environment[name];
  if (!socket) return { ready: () => undefined, status: () => undefined, stopping: () => undefined };
  const send = (...words: string[]) => notify(socket, words).catch((error: Error) => onProblem(error.message));
  // One after the other: two programs that run at the same time may overtake each other.
  let last: Promise<unknown> = Promise.resolve();
  const inOrder = (...words: string[]) => {
    last = last.then(() => send(...words));
  };
  const limitMs = Number(limit) / 1000;
  const watched = limitMs > 0 && (pid === undefined || Number(pid) === process.pid);
  let asking = false;
  const beat = async () => {
    if (asking) return;
    asking = true;
    try {
      if (await healthy()) inOrder('WATCHDOG=1');
      else onProblem('the daemon does not serve any more; the service manager is going to start it again');
    } catch (error) {
      onProblem((error as Error).message);
    } finally {
      asking = false;
    }
  };
  const heart = watched ? setInterval(() => void beat(), limitMs / 3) : undefined;
  heart?.unref();
  return {
    ready: (status) => inOrder('READY=1', `STATUS=${status}`),
    status: (text) => inOrder(`STATUS=${text}`),
    stopping: () => {
      clearInterval(heart);
      inOrder('STOPPING=1');
    },
  };
}

/** @throws Error when it could not be told */
function notify(socket: string, words: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin', NOTIFY_SOCKET: socket };
    const child = spawn('systemd-notify', words, { stdio: 'ignore', timeout: patienceMs, killSignal: 'SIGKILL', env });
    child.on('error', (error) => reject(new Error(`systemd-notify cannot be run: ${error.message}`)));
    child.on('close', (code, signal) => (code === 0 ? resolve() : reject(new Error(`systemd-notify ended with ${code ?? signal}`))));
  });
}
