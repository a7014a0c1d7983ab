import { jobs } from './index.ts';

export const ownDoor = jobs;
