// The rooms of src/ from the ground up. An import goes only to a room on a line further up in this list (a lower layer);
// rooms on one line do not know each other.

export const layers: readonly (readonly string[])[] = [
  ['base'],
  ['model'],
  ['placement'],
  ['store', 'rpc', 'host'],
  ['query'],
  ['access'],
  ['execution'],
  ['htools'],
  ['jobs'],
  ['cluster'],
  ['node'],
  ['monitor', 'confd', 'api'],
  ['cli'],
];

/** Narrower than the order: the only rooms that these may import. The node agent runs alone on its host and knows neither configuration nor jobs. */
export const onlyRooms: Readonly<Record<string, readonly string[]>> = {
  node: ['base', 'model', 'rpc', 'host'],
};
