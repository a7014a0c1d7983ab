import { becomeArguments } from '../accounts/unprivileged.ts';
import type { ConfinedProgram, ProgramLimits } from './confined-program.ts';
import { type Confinement, networkOption } from './confinement.ts';
import { sandboxArguments } from './sandbox.ts';

/** Reserve for other processes of the same user. */
const otherProcesses = 256;

const mebi = 1024 * 1024;

/** The whole command that becomes the program; each part of it drops more rights. */
export function confinedCommand(program: ConfinedProgram, confinement: Confinement): string[] {
  const { path, limits, granted, account } = program;
  const { tools, namespaces, network } = confinement;
  // Dies with the thread that started it; the last of them, since a change of user forgets it.
  const dying = ['setpriv', '--pdeathsig', 'KILL'];
  const spaces = [...namespaces, ...(network && !granted.network ? [networkOption] : [])];
  const become = account ? becomeArguments(account, account.groups, granted.capabilities) : ['--no-new-privs'];
  return [
    ...(tools.has('setpriv') ? [...dying, '--'] : []),
    ...(spaces.length > 0 ? ['unshare', ...spaces, '--'] : []),
    // It stays as a process, and the process namespace ends with it. It runs as the caller's user, so the caller can kill it.
    ...(confinement.sandbox ? ['bwrap', ...sandboxArguments(program, confinement.root), '--'] : []),
    ...(tools.has('setpriv') ? [...dying, ...become, '--'] : []),
    ...(tools.has('prlimit') ? ['prlimit', ...limitArguments(limits), '--'] : []),
    path,
  ];
}

const limitArguments = ({ address_space, processes, open_files, file_size, cpu_seconds }: ProgramLimits): string[] => [
  `--as=${address_space * mebi}`,
  // Counts all processes of the user, also those of other programs; the control group counts those of this one.
  `--nproc=${processes + otherProcesses}`,
  `--nofile=${open_files}`,
  `--fsize=${file_size * mebi}`,
  ...(cpu_seconds === undefined ? [] : [`--cpu=${cpu_seconds}`]),
  '--core=0',
];
