import { defineErrors } from './define-errors.ts';

/** Errors of programs that submit jobs and wait for them. First lines are Ganeti's. */
export const htoolsJobErrors = defineErrors({
  HTOOLS_JOB_REFUSED: {
    kind: 'operational',
    http: 409,
    ganeti: 'environment_error',
    what: '{program}: Job submission error: {detail}',
    why: 'The master did not take a job: its queue is drained or full, the user may not submit jobs, or it stopped meanwhile. Of the jobs that belong together it took: {taken}; it did not take, or was not sent: {refused}.',
    todo: 'Act on what it says and look at the queue (gnt-job list), then run {program} again; it goes on from what it finds.',
  },
  HTOOLS_JOB_ANSWER_LOST: {
    kind: 'operational',
    http: 504,
    ganeti: 'environment_error',
    what: '{program}: Job submission error: {detail}',
    why: 'No answer came, so that {lost} of the jobs may have been taken or not. Of those that belong together the master took: {taken}; it did not take, or was not sent: {refused}.',
    todo: 'Look at the queue (gnt-job list, gantry job list) before anything is run again: jobs that were taken go on by themselves.',
  },
  HTOOLS_JOBS_FAILED: {
    kind: 'operational',
    http: 500,
    ganeti: 'environment_error',
    what: '{program}: Not all jobs completed successfully: {failures}\nAborting.',
    why: '{causes}. Job sets that were not submitted: {left}.',
    todo: 'Look at the jobs (gnt-job info {jobs}) and mend what stopped them, then run {program} again; it plans anew from where the cluster is.',
  },
  HTOOLS_JOBS_LOST: {
    kind: 'operational',
    http: 503,
    ganeti: 'environment_error',
    what: '{program}: Checking job status: {detail}',
    why: 'The master stopped for longer, or archived the jobs already; those that it took go on without {program}.',
    todo: 'Follow them with gnt-job list ({jobs}); once they are over, run {program} again.',
  },
});
