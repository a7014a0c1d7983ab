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
});
