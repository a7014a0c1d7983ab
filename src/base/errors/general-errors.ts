import { defineErrors } from './define-errors.ts';

export const generalErrors = defineErrors({
  INTERNAL: {
    kind: 'bug',
    http: 500,
    ganeti: 'internal_error',
    what: 'Internal error: {detail}',
    why: 'This is a bug in Gantry, not a fault of your request.',
    todo: 'Report it with the log of the process that printed it; the request can be tried again.',
  },
  INPUT_INVALID: {
    kind: 'user',
    http: 400,
    ganeti: 'wrong_input',
    what: '{subject}: field "{field}" is not valid: {problem}',
    why: 'Input is checked against its schema before anything is changed.',
    todo: 'Correct the field and try again; nothing was changed.',
  },
  COMMAND_FAILED: {
    kind: 'operational',
    http: 500,
    ganeti: 'environment_error',
    what: 'The command {command} ended with {outcome}: {stderr}',
    why: 'A program that Gantry runs on the node reported a failure.',
    todo: 'Read the message of the program; it tells the cause.',
  },
  COMMAND_MISSING: {
    kind: 'operational',
    http: 500,
    ganeti: 'environment_error',
    what: 'The program {command} is not installed.',
    why: 'Gantry uses the tools of the Debian packages that its README lists.',
    todo: 'Install the package that contains it, or run "./gantry up", which installs what is needed.',
  },
  TIMED_OUT: {
    kind: 'operational',
    http: 504,
    ganeti: 'environment_error',
    what: '{subject} did not finish within {seconds} s.',
    why: 'The other side is busy, hangs, or cannot be reached.',
    todo: 'Check the load and the log of the other side, then try again.',
  },
  CANCELLED: {
    kind: 'user',
    http: 409,
    ganeti: 'wrong_state',
    what: '{subject} was cancelled.',
    why: 'Somebody cancelled it, or the process that ran it is shutting down.',
    todo: 'Start it again if it is still wanted.',
  },
});
