import { base } from '../base/index.ts';

export const store = base;
