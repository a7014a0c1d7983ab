import { defineErrors } from './define-errors.ts';

export const rpcErrors = defineErrors({});
