import type { model } from '../model/index.ts';

export type Upward = typeof model;
