export const rpc = 1;
