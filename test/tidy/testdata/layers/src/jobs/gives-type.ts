import type { Known } from './knows-type.ts';

export const given: Known['given'] = 1;
