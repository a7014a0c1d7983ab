import { run } from '../../base/index.ts';
import { sandboxTrial } from './sandbox.ts';
import { ownArchitecture } from './seccomp-filter.ts';

/** What this host lets a process confine programs with; found out once. */
export interface Confinement {
  readonly root: boolean;
  /** Options of unshare(1) for namespaces that can be made, but for that of the network. */
  readonly namespaces: readonly string[];
  readonly network: boolean;
  /** bubblewrap gives each program temporary folders and devices of its own, and a filter of system calls. */
  readonly sandbox: boolean;
  /** All processes of a program end with its first one, whatever they did. */
  readonly endsWhole: boolean;
  readonly tools: ReadonlySet<string>;
  /** What programs are not kept from, in words. */
  readonly missing: readonly string[];
}

/** Without --kill-child nothing in the namespace would end when the agent dies. */
const wanted: readonly (readonly [options: readonly string[], missing: string])[] = [
  [['--pid', '--fork', '--kill-child', '--mount-proc'], 'seeing and signalling other processes of its user'],
  [['--ipc'], "the host's shared memory and message queues"],
  [['--uts'], "the host's name"],
];
export const networkOption = '--net';

const withoutSandbox =
  'world-writable folders (/tmp, /var/tmp, /dev/shm), devices that everybody may open, creating user namespaces, and rarely needed system calls: install bubblewrap';

/** Tries out what can be made. Never fails: what cannot is said in `missing`. */
export async function findConfinement(): Promise<Confinement> {
  const root = process.getuid?.() === 0;
  const tools = new Set<string>();
  const found = await Promise.all(
    ['setpriv', 'prlimit', 'unshare'].map(async (tool) => (await works([tool, '--version'])) && tools.add(tool)),
  );
  const missing: string[] = found.every(Boolean) ? [] : ['everything that setpriv, prlimit and unshare restrict: install util-linux'];
  const user = root ? [] : ['--user', '--map-current-user'];
  const namespaces: string[] = [];
  const tryOut = async (options: readonly string[], what: string): Promise<boolean> => {
    const good = tools.has('unshare') && (await works(['unshare', ...user, ...options, '--', 'true']));
    if (!good) missing.push(what);
    return good;
  };
  for (const [options, what] of wanted) if (await tryOut(options, what)) namespaces.push(...options);
  const network = await tryOut([networkOption], 'the network');
  if (!root) missing.push("the files and privileges of the agent's user: only an agent that is root can run plugins as another user");
  if (namespaces.length > 0 || network) namespaces.unshift(...user);
  const sandbox = tools.has('setpriv') && (await works(['bwrap', ...sandboxTrial(root), '--', 'true']));
  if (!sandbox) missing.push(withoutSandbox);
  else if (!ownArchitecture()) missing.push(`any system call: there is no filter for ${process.arch}`);
  return { root, namespaces, network, sandbox, endsWhole: namespaces.includes('--pid'), tools, missing };
}

async function works([command = '', ...args]: readonly string[]): Promise<boolean> {
  try {
    await run(command, args, { timeoutMs: 5000 });
    return true;
  } catch {
    // It is not there, or the kernel does not allow it: both are said by who asked.
    return false;
  }
}
