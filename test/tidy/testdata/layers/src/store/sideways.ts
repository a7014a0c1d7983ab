import { rpc } from '../rpc/index.ts';

export const sideways = rpc;
