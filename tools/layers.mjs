// The rooms of src/ from the ground up. An import goes only to a room on a line further up in this list (a lower layer);
// rooms on one line do not know each other. Plain JavaScript, because dependency-cruiser reads it under any Node.

/** @type {readonly (readonly string[])[]} */
export const layers = [
  ['base'],
  ['model'],
  ['placement'],
  ['store', 'rpc'],
  ['htools'],
  ['jobs'],
  ['cluster'],
  ['node'],
  ['monitor', 'confd', 'api'],
  ['cli'],
];

/**
 * Narrower than the order: the only rooms that these may import. The node agent runs alone on its host and knows
 * neither configuration nor jobs.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const onlyRooms = {
  node: ['base', 'model', 'rpc'],
};
