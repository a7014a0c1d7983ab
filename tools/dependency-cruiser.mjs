// Rules for dependency-cruiser: the order of the rooms, their doors, and no cycles.
import { layers, onlyRooms } from './layers.ts';

const rooms = layers.flat();
const inRooms = (names) => `^src/(${names.join('|')})/`;

/** The htools start without all that their room can do: hbal in a loop of a script is to answer at once. */
const quickDoor = '^src/htools/command/run-program\\.ts$';
/** Doors for threads and processes that pay for each module they load. */
const lightDoor = '^src/([^/]+/light|base/parse-process-stat)\\.ts$';

/** Placement, and with it the htools, knows disk templates without the schemas of the rest of the model. */
const plainDoor = '^src/model/disk-templates/catalogue\\.ts$';

const layerRules = layers.flatMap((siblings, depth) =>
  siblings.map((room) => {
    const lower = layers.slice(0, depth).flat();
    const allowed = [room, ...(onlyRooms[room] ?? lower)];
    return {
      name: `layer-${room}`,
      comment: `src/${room} may import only ${allowed.slice(1).join(', ') || 'nothing of ours'}.`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: inRooms(rooms.filter((other) => !allowed.includes(other))) },
    };
  }),
);

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...layerRules.filter((rule) => rule.to.path !== inRooms([])),
    {
      name: 'room-door',
      comment:
        "Another room is entered by its index.ts only (few have a second, light door); what that does not export is the room's own business.",
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: { path: '^src/[^/]+/', pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$', quickDoor, lightDoor, plainDoor] },
    },
    {
      name: 'no-own-door',
      comment: 'Inside a room files import each other, not the door: that would be a cycle.',
      severity: 'error',
      from: { path: '^src/([^/]+)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/$1/index\\.ts$' },
    },
    {
      name: 'placement-pure',
      comment: 'Placement computes: no input and output, no clock, no packages. A thin runner outside hands in what it needs.',
      severity: 'error',
      from: { path: '^src/placement/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: ['^src/(placement|model|base)/'] },
    },
    {
      name: 'model-and-base-quiet',
      comment: 'The model is plain data and schemas: it does no input and output.',
      severity: 'error',
      from: { path: '^src/model/', pathNot: '\\.test\\.ts$|/testing/' },
      // node:module does none: with it a library is loaded on first use.
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?module$' },
    },
    {
      name: 'no-cycle',
      comment: 'Files that need each other to be loaded cannot be understood or tested one at a time.',
      severity: 'error',
      from: { path: '^(src|test|bench|tools)/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['dynamic-import'] } },
    },
    {
      name: 'product-apart',
      comment: 'What is shipped does not import tests, benchmarks or tools.',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(test|bench|tools)/|\\.test\\.ts$' },
    },
    {
      name: 'no-dev-package',
      comment: 'What is shipped uses only packages listed under "dependencies".',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$|/testing/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'resolvable',
      comment: 'The imported file does not exist.',
      severity: 'error',
      from: { path: '^(src|test|bench|tools)/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/testdata/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
