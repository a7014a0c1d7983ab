// A second door, for those who only need to know what a node agent can be asked: nothing behind it loads certificates or connections.

export { nodeContract } from './contract.ts';
