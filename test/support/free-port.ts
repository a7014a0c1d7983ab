export { freePort } from '../../src/store/testing/free-port.ts';
