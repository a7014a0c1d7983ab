export const groupArgument = { param: 'group_name', help: 'node group', complete: 'group' } as const;
