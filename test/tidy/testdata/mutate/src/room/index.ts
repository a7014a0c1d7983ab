export { isBounded } from './bounded.ts';
