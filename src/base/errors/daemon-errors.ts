import { defineErrors } from './define-errors.ts';

export const daemonErrors = defineErrors({
  DAEMON_USER_UNKNOWN: {
    kind: 'operational',
    http: 500,
    ganeti: 'environment_error',
    what: 'There is no system user "{user}" on this host.',
    why: 'The master drops root privileges and runs as a separate system user.',
    todo: 'Create it with "adduser --system --group {user}", or specify another one with --user.',
  },
  DAEMON_OPTIONS_UNREADABLE: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_input',
    what: 'The file with the options of a daemon cannot be used, {place}: {problem}',
    why: 'The file of --options-file has one option per line, "name = value", with the names that the help of the daemon lists.',
    todo: 'Correct the file and start the daemon again.',
  },
});
