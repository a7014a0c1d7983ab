/** Submits the jobs of the watcher. */
export const watcherUser = 'gantry-watcher';
