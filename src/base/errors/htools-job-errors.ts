import { defineErrors } from './define-errors.ts';

/** Errors of programs that submit jobs and wait for them. First lines are Ganeti's. */
export const htoolsJobErrors = defineErrors({
  HTOOLS_JOB_REFUSED: {
    kind: 'operational',
    http: 409,
    ganeti: 'environment_error',
    what: '{program}: Job submission error: {detail}',
    why: 'The master did not accept a job: its queue is drained or full, the user may not submit jobs, or the master stopped. Accepted of these jobs: {taken}; not accepted or not sent: {refused}.',
    todo: 'Fix the cause that the message names and check the queue (gnt-job list), then run {program} again; it continues from the current state.',
  },
  HTOOLS_JOB_ANSWER_LOST: {
    kind: 'operational',
    http: 504,
    ganeti: 'environment_error',
    what: '{program}: Job submission error: {detail}',
    why: 'No answer came, so {lost} of the jobs may or may not have been accepted. Known to be accepted: {taken}; not accepted or not sent: {refused}.',
    todo: 'Check the queue (gnt-job list, gantry job list) before you run anything again: accepted jobs continue on their own.',
  },
  HTOOLS_JOBS_FAILED: {
    kind: 'operational',
    http: 500,
    ganeti: 'environment_error',
    what: '{program}: Not all jobs completed successfully: {failures}\nAborting.',
    why: '{causes}. Job sets that were not submitted: {left}.',
    todo: 'Check the jobs (gnt-job info {jobs}) and fix what stopped them, then run {program} again; it makes a new plan from the current state.',
  },
  HTOOLS_JOBS_LOST: {
    kind: 'operational',
    http: 503,
    ganeti: 'environment_error',
    what: '{program}: Checking job status: {detail}',
    why: 'The master was down for too long, or has archived the jobs already; accepted jobs continue without {program}.',
    todo: 'Follow them with gnt-job list ({jobs}); when they have ended, run {program} again.',
  },
});
