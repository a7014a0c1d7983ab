import { defineErrors } from './define-errors.ts';

export const daemonErrors = defineErrors({
  DAEMON_USER_UNKNOWN: {
    kind: 'operational',
    http: 500,
    ganeti: 'environment_error',
    what: 'There is no system user "{user}" on this host.',
    why: 'The master gives up root and runs as a system user of its own.',
    todo: 'Make it with "adduser --system --group {user}", or name another one with --user.',
  },
});
