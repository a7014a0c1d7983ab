import { model } from '../model/index.ts';

export const placement = model;
