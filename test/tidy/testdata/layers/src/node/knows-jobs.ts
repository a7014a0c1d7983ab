import { jobs } from '../jobs/index.ts';

export const knowsJobs = jobs;
