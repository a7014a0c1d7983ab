export const networkArgument = { param: 'network_name', help: 'network' } as const;
